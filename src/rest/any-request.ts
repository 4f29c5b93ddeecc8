/** What any request can meet, whatever its path. */
export const anyRequest: readonly (readonly [number, string])[] = [
  [400, 'the body is malformed; the message says what is wrong and where'],
  [401, 'the worker asks for a user and a password; the body is text'],
  [403, 'the worker’s configuration does not allow it'],
  [404, 'no such path'],
  [405, 'the path has no such method; `Allow` names those that it has'],
  [406, 'the client does not accept `application/json`'],
  [409, 'something else is under way; try again'],
  [413, 'the body is larger than 1 MiB'],
  [415, 'the request says that its body is not `application/json`, or has one and does not say'],
  [500, 'the worker failed, or took longer than 90 s'],
  [503, 'the worker is still joining its cluster; try again'],
  [504, 'what the worker asked, such as Kafka or a registry, took too long; try again'],
]
