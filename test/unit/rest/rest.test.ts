import { testRest } from '../../conformance/rest.ts'
import { memoryHerder } from './memory-herder.ts'

testRest(() => ({
  herder: memoryHerder(),
  props: { 'connector.class': 'MemorySink', topics: 't', 'tasks.max': '1' },
  type: 'sink',
  alias: 'org.example.MemorySinkConnector',
  secretKey: 'token',
}))
