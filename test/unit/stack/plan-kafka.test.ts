import { expect, test } from 'vitest'
import { toServerProperties } from '../../../src/stack/plan-kafka.ts'

test('Kafka listens on loopback only and keeps one copy of everything', () => {
  const lines = toServerProperties(9092, 9093, '/data').trimEnd().split('\n')
  expect(lines).toContain('listeners=PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093')
  expect(lines).toContain('advertised.listeners=PLAINTEXT://127.0.0.1:9092')
  expect(lines).toContain('auto.create.topics.enable=true')
  expect(lines.filter((line) => /replication\.factor|min\.isr/.test(line)).every((line) => line.endsWith('=1'))).toBe(
    true,
  )
})
