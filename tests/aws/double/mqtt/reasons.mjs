// SPDX-License-Identifier: Apache-2.0
// Reason codes of MQTT 5 and the reasons that presence events give (aws-iot.md sections 2 and 8.4).

export const REASON = {
  success: 0x00,
  disconnectWithWill: 0x04,
  unspecified: 0x80,
  malformed: 0x81,
  protocolError: 0x82,
  notAuthorized: 0x87,
  badUser: 0x86,
  keepAlive: 0x8d,
  takenOver: 0x8e,
  filterInvalid: 0x8f,
  topicInvalid: 0x90,
  receiveMaximum: 0x93,
  topicAlias: 0x94,
  tooLarge: 0x95,
  quota: 0x97,
  administrative: 0x98,
  qos: 0x9b,
  subscriptionIds: 0xa1,
  connectionRate: 0x9f,
  clientId: 0x85
}

export const PRESENCE = {
  auth: 'AUTH_ERROR',
  client: 'CLIENT_INITIATED_DISCONNECT',
  error: 'CLIENT_ERROR',
  lost: 'CONNECTION_LOST',
  duplicate: 'DUPLICATE_CLIENTID',
  forbidden: 'FORBIDDEN_ACCESS',
  keepAlive: 'MQTT_KEEP_ALIVE_TIMEOUT',
  server: 'SERVER_INITIATED_DISCONNECT',
  throttled: 'THROTTLED'
}
