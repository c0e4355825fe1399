// SPDX-License-Identifier: Apache-2.0
// TLS between a client and a server in one process, as any Node.js program uses the module tls.
//
// usage: handshakes.js SOCKET CA CLIENT-CERTIFICATE CLIENT-KEY SERVER-CERTIFICATE SERVER-KEY 1.2|1.3 load|full|resumed
// Prints a line for each handshake. It knows of no provider.
'use strict';

const fs = require('fs');
const tls = require('tls');

const [socket, ca, clientCertificate, clientKey, serverCertificate, serverKey, version, mode] = process.argv.slice(2);

function identity(certificate, key) {
  return {
    ca: fs.readFileSync(ca), cert: fs.readFileSync(certificate), key: fs.readFileSync(key),
    minVersion: `TLSv${version}`, maxVersion: `TLSv${version}`};
}

const client = tls.createSecureContext(identity(clientCertificate, clientKey));
const server = tls.createServer(
  {...identity(serverCertificate, serverKey), requestCert: true, rejectUnauthorized: true},
  connection => connection.on('data', () => connection.end('y')));

// Ends with a session that can be resumed: in TLS 1.3 it comes with the first data.
function handshake(session) {
  return new Promise((resolve, reject) => {
    let latest;
    const connection = tls.connect({path: socket, servername: 'localhost', secureContext: client, session});
    connection.on('session', ticket => { latest = ticket; });
    connection.on('secureConnect', () => {
      console.log(connection.getProtocol(), connection.isSessionReused() ? 'resumed' : 'full');
      connection.write('x');
    });
    connection.on('data', () => {});
    connection.on('close', () => resolve(latest));
    connection.on('error', reject);
  });
}

async function main() {
  if (mode === 'load') {
    console.log('loaded');
    return;
  }
  await new Promise(resolve => server.listen(socket, resolve));
  try {
    const session = await handshake();
    if (mode === 'resumed') {
      await handshake(session);
    }
  } finally {
    server.close();
  }
}

main().catch(error => {
  console.error(error);
  process.exitCode = 1;
});
