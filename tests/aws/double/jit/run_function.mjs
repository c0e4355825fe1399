// SPDX-License-Identifier: Apache-2.0
// Runs a Lambda function: run_function.mjs FILE HANDLER, the event on standard input, the answer to descriptor 3.
import fs from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

const [file, handler] = process.argv.slice(2)
const loaded = await import(pathToFileURL(path.resolve(file)).href)
const name = handler.split('.').at(-1)
const run = loaded[name] ?? loaded.default?.[name]
const answer = await run(JSON.parse(fs.readFileSync(0, 'utf8')), {})
fs.writeSync(3, JSON.stringify(answer ?? null))
