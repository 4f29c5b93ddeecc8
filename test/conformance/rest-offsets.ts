import { expect, test } from 'vitest'
import { type RestSubject, refusal, restClient } from './rest-client.ts'

type MakeSubject = () => Promise<RestSubject> | RestSubject

/** Offsets and topics of a connector. */
export function testRestOffsets(makeSubject: MakeSubject): void {
  const setUp = async () => {
    const subject = await makeSubject()
    const rest = restClient(subject.herder)
    await rest.create('c', subject.props)
    await rest.settled('c', 'RUNNING', 1)
    return { ...subject, rest }
  }
  const partition = { kafka_topic: 't', kafka_partition: 0 }
  const some = { offsets: [{ partition, offset: { kafka_offset: 1 } }] }

  test('shows the offsets in every state', async () => {
    const { rest } = await setUp()
    const empty = { status: 200, json: { offsets: expect.any(Array) } }
    expect(await rest.get('/connectors/c/offsets')).toMatchObject(empty)
    await rest.send('PUT', '/connectors/c/stop')
    await rest.settled('c', 'STOPPED')
    expect(await rest.get('/connectors/c/offsets')).toMatchObject(empty)
  })

  test('changes and forgets offsets only while the connector is stopped', async () => {
    const { rest } = await setUp()
    const path = '/connectors/c/offsets'
    const stopped =
      /^Connectors must be in the STOPPED state before their offsets can be modified\. This can be done for the specified connector by issuing a 'PUT' request to the '\/connectors\/c\/stop' endpoint$/
    expect(await rest.send('PATCH', path, some)).toMatchObject(refusal(400, stopped))
    expect(await rest.send('DELETE', path)).toMatchObject(refusal(400, stopped))
    await rest.send('PUT', '/connectors/c/stop')
    await rest.settled('c', 'STOPPED')
    const done = (what: string) => ({ status: 200, json: { message: expect.stringContaining(`${what} successfully`) } })
    for (let i = 0; i < 2; i++) expect(await rest.send('DELETE', path)).toMatchObject(done('reset'))
    expect((await rest.get(path)).json).toEqual({ offsets: [] })
  })

  test.each([
    ['{}', /^Partitions \/ offsets need to be provided for an alter offsets request$/],
    ['{"offsets": []}', /^Partitions \/ offsets need to be provided for an alter offsets request$/],
    ['{"offsets": null}', /^Partitions \/ offsets need to be provided for an alter offsets request$/],
    ['', 'The request has no body'],
    ['[]', 'The request body is an array'],
    ['{"offsets": {}}', 'The field "offsets" is an object; give it an array'],
    ['{"offsets": [null]}', /^offsets\[0\] is null; give it an object$/],
    ['{"offsets": [{"partition": 3}]}', /^offsets\[0\]\.partition is the number 3; give it an object$/],
    ['{"offsets": [{"partition": {}, "offset": "x"}]}', 'offsets[0].offset is the string "x"'],
    ['{"offsets": [{"partition": {}, "ofset": {}}]}', '"ofset".* the nearest known field is "offset"'],
    ['{"offsets": [], "bogus": 1}', 'Unrecognized field "bogus"'],
    ['{"offsets": [{"offset": {}}]}', /(cannot be null or missing|cannot be null)$/],
  ])('refuses the offsets %s', async (body, message) => {
    const { rest } = await setUp()
    const pattern = typeof message === 'string' && message.includes('[') ? message.replace(/[[\]]/g, '\\$&') : message
    expect(await rest.send('PATCH', '/connectors/c/offsets', body)).toMatchObject(refusal(400, pattern))
  })

  test('knows no offsets of a connector that is not there', async () => {
    const rest = restClient((await makeSubject()).herder)
    expect(await rest.get('/connectors/none/offsets')).toMatchObject(refusal(404, 'none'))
    expect(await rest.send('PATCH', '/connectors/none/offsets', some)).toMatchObject(refusal(404, 'none'))
    expect(await rest.send('DELETE', '/connectors/none/offsets')).toMatchObject(refusal(404, 'none'))
  })

  test('tells the topics in use, and forgets them when asked', async () => {
    const { rest } = await setUp()
    expect((await rest.get('/connectors/c/topics')).json).toEqual({ c: { topics: expect.any(Array) } })
    expect(await rest.send('PUT', '/connectors/c/topics/reset')).toMatchObject({ status: 202, text: '' })
    expect((await rest.get('/connectors/c/topics')).json).toEqual({ c: { topics: [] } })
  })

  test('an unknown connector uses no topics', async () => {
    const { rest } = await setUp()
    expect((await rest.get('/connectors/no%20one/topics')).json).toEqual({ 'no one': { topics: [] } })
    expect(await rest.send('PUT', '/connectors/none/topics/reset')).toMatchObject({ status: 202, text: '' })
  })
}
