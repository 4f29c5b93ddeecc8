import type { Logger, Props } from '#api'

/** Keys of Confluent's that a pasted configuration may have and that change nothing here, with the reason. */
const reasons: Readonly<Record<string, string>> = {
  'max.schemas.per.subject': 'schemas.cache.config bounds what is kept',
  'latest.cache.size': 'schemas.cache.config bounds what is kept',
  'use.latest.with.metadata': 'schemas are not chosen by metadata',
  'context.name.strategy': 'contexts are not supported',
  'key.schema.id.serializer': 'the id stands before the payload',
  'value.schema.id.serializer': 'the id stands before the payload',
  'key.schema.id.deserializer': 'a schema id in a header is not read',
  'value.schema.id.deserializer': 'a schema id in a header is not read',
  'http.connect.timeout.ms': 'http.read.timeout.ms covers connecting too',
  'proxy.host': 'the registry is asked without a proxy',
  'proxy.port': 'the registry is asked without a proxy',
  'rule.executors': 'rules of a data contract are not run',
  'rule.actions': 'rules of a data contract are not run',
  'rule.service.loader.enable': 'rules of a data contract are not run',
  'rules.run': 'rules of a data contract are not run',
  'propagate.schema.tags': 'tags are not passed on',
  'schema.format': 'references are resolved here, not by the registry',
  'schema.reflection': 'it is about Java classes',
  'specific.avro.reader': 'it is about Java classes',
  'avro.use.logical.type.converters': 'logical types are always converted',
  'avro.remove.java.properties': 'it is about Java classes',
  'avro.reflection.allow.null': 'it is about Java classes',
  'json.schema.spec.version': 'schemas are written as draft 7, and read as the draft that they name',
  'json.schema.scan.packages': 'it is about Java classes',
  'json.oneof.for.nullables': 'it is about Java classes; what is optional is oneOf with null',
  'json.fail.unknown.properties': 'it is about Java classes; object.additional.properties says whether more may come',
  'json.write.dates.iso8601': 'it is about Java classes; dates are their numbers',
  'json.default.property.inclusion': 'it is about Java classes',
  'json.indent.output': 'JSON is written on one line',
  'json.envelope.detection': 'it is about Java objects',
  'json.key.type': 'it is about Java classes',
  'json.value.type': 'it is about Java classes',
  'type.property': 'it is about Java classes',
  'reference.subject.name.strategy': 'schemas that are made here refer to none that must be registered',
  'auto.register.schema.references': 'schemas that are made here refer to none that must be registered',
  'reference.lookup.only': 'schemas that are made here refer to none that must be registered',
  'skip.known.types': 'known types are never registered',
  'specific.protobuf.key.type': 'it is about Java classes',
  'specific.protobuf.value.type': 'it is about Java classes',
  'derive.type': 'it is about Java classes',
  'generalized.sum.type.support': 'unions and enums keep the names of the separate formats',
  'flatten.singleton.unions': 'a union of one type is always that type',
  'schemas.cache.size': 'the name is schemas.cache.config',
  'enhanced.avro.schema.support': 'enums and packages are always kept',
  'scrub.invalid.names': 'a name that the format does not take is refused',
  'preserve.additional.properties': 'properties that a schema does not name are not read',
  'ignore.modern.dialects': 'each schema is read as the draft that it names',
}

/** Says of each key that changes nothing why, once for a converter; what `config` has is obeyed. */
export function warnOfKeysWithoutEffect(props: Props, config: object, log: Logger): void {
  for (const name of Object.keys(props)) {
    const reason = Object.hasOwn(reasons, name) && !(name in config) ? reasons[name] : undefined
    if (reason !== undefined) log.warn({ key: name, reason }, 'a key of the converter has no effect')
  }
}
