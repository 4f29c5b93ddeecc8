import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

const standalone = (schemas: boolean): string => `bootstrap.servers=localhost:9092
key.converter=org.apache.kafka.connect.json.JsonConverter
value.converter=org.apache.kafka.connect.json.JsonConverter
key.converter.schemas.enable=${schemas}
value.converter.schemas.enable=${schemas}
offset.storage.file.filename=/tmp/connect.offsets
offset.flush.interval.ms=10000
#plugin.path=
plugin.path=libs/connect-file-4.3.1.jar
`

const source = `name=local-file-source
connector.class=FileStreamSource
tasks.max=1
file=test.txt
topic=connect-test
`

const sink = `name=local-file-sink
connector.class=FileStreamSink
tasks.max=1
file=test.sink.txt
topics=connect-test
`

const makeMap = `transforms=MakeMap, InsertSource
transforms.MakeMap.type=org.apache.kafka.connect.transforms.HoistField$Value
transforms.MakeMap.field=line
transforms.InsertSource.type=org.apache.kafka.connect.transforms.InsertField$Value
transforms.InsertSource.static.field=data_source
transforms.InsertSource.static.value=test-file-source
`

const avro = `bootstrap.servers=localhost:9092
key.converter=io.confluent.connect.avro.AvroConverter
key.converter.schema.registry.url=http://localhost:8081
value.converter=io.confluent.connect.avro.AvroConverter
value.converter.schema.registry.url=http://localhost:8081
internal.key.converter=org.apache.kafka.connect.json.JsonConverter
internal.value.converter=org.apache.kafka.connect.json.JsonConverter
internal.key.converter.schemas.enable=false
internal.value.converter.schemas.enable=false
offset.storage.file.filename=/tmp/connect.offsets
plugin.path=share/java
`

/**
 * The settings of the files that documentation has its readers run: Kafka's quickstart (with the `plugin.path` that it has appended), its
 * example of transformations, and Confluent's for Avro.
 */
export const documented = {
  quickstart: { worker: standalone(true), source, sink },
  transformations: { worker: standalone(false), source: source + makeMap, sink },
  avro: { worker: avro, source, sink },
  avroRecords: { worker: avro, source: source + makeMap, sink },
} as const

const places = {
  worker: 'config/connect-standalone.properties',
  source: 'config/connect-file-source.properties',
  sink: 'config/connect-file-sink.properties',
}

/** Puts them where the documentation does, with a jar in `libs`; gives the arguments for a worker that runs in `dir`. */
export async function layOut(dir: string, files: (typeof documented)[keyof typeof documented]): Promise<string[]> {
  const all = { ...files, jar: 'PK\u0003\u0004' }
  for (const [kind, place] of Object.entries({ ...places, jar: 'libs/connect-file-4.3.1.jar' })) {
    await mkdir(dirname(join(dir, place)), { recursive: true })
    await writeFile(join(dir, place), all[kind as keyof typeof all])
  }
  return Object.values(places)
}
