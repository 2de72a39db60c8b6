#!/usr/bin/env node
/**
 * For containers: ends with 0 when the instance beside it lives, with 1 otherwise.
 *
 * `node bin/healthcheck.js [/readyz]` asks another probe. It asks where PORT says, over TLS where
 * API_TLS_CERT is set; the certificate is not checked, for it names the outside, not 127.0.0.1.
 */
import { get } from 'node:http'
import { get as getSecurely } from 'node:https'

const { API_TLS_CERT: certificate, PORT: port = '8080' } = process.env
const options = {
  host: '127.0.0.1',
  port,
  path: process.argv[2] ?? '/livez',
  timeout: 4000,
  rejectUnauthorized: false,
}
const request = (certificate ? getSecurely : get)(options, (response) => {
  response.resume()
  process.exitCode = response.statusCode === 200 ? 0 : 1
})
request.on('timeout', () => request.destroy(new Error('no answer within 4 s')))
request.on('error', (error) => {
  console.error(error.message)
  process.exitCode = 1
})
