import { expect, it } from 'vitest'
import { bootstrapServer } from '../../../../broker/kafka/cluster/bootstrap-server.ts'

it.each([
  ['localhost:9092', { host: 'localhost', port: 9092 }],
  [' kafka-1.example.org:19092 ', { host: 'kafka-1.example.org', port: 19092 }],
  ['127.0.0.1:1', { host: '127.0.0.1', port: 1 }],
  ['[::1]:9092', { host: '::1', port: 9092 }],
])('reads %j', (text, address) => {
  expect(bootstrapServer(text)).toEqual(address)
})

it.each([
  '',
  'localhost',
  'localhost:',
  'localhost:0',
  'localhost:65536',
  'a b:1',
  '::1:9092',
  'kafka://h:1',
])('refuses %j and shows the form', (text) => {
  expect(() => bootstrapServer(text)).toThrow(/BOOTSTRAP_SERVERS.*host:port/)
})
