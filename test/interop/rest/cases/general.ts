import type { Case } from '../case.ts'
import { create, lines, remove } from '../steps.ts'

const keysOf = (body: unknown) => Object.keys(body as object)

/** What holds for every path. */
export const generalCases: readonly Case[] = [
  {
    name: 'root',
    steps: [
      { path: '/', pick: keysOf },
      { what: 'cluster', path: '/', pick: (body) => (body as { kafka_cluster_id: string }).kafka_cluster_id },
      { what: 'version', path: '/', pick: (body) => (body as { version: string }).version },
    ],
  },
  { name: 'health', steps: [{ path: '/health' }] },
  {
    name: 'unknown paths and methods',
    steps: [
      { path: '/nowhere', message: true },
      { path: '/connectors/{p}/nowhere', message: true },
      { method: 'DELETE', path: '/', message: true },
      { method: 'PUT', path: '/connectors', body: {}, message: true },
      { method: 'PATCH', path: '/connectors/{p}/status', body: {}, message: true },
      { method: 'GET', path: '/connectors/{p}/restart', message: true },
      { what: 'tasks-config is gone since 4.0', path: '/connectors/{p}/tasks-config', message: true },
      { what: 'a task id that is no number', path: '/connectors/{p}/tasks/one/status', message: true },
    ],
  },
  {
    name: 'content types',
    steps: [
      {
        what: 'foreign type',
        method: 'POST',
        path: '/connectors',
        body: '{}',
        headers: { 'content-type': 'text/plain' },
        message: true,
      },
      {
        what: 'no type',
        method: 'POST',
        path: '/connectors',
        body: '{}',
        headers: { 'content-type': null },
        message: true,
      },
      {
        what: 'with charset',
        method: 'PUT',
        path: '/connector-plugins/FileStreamSink/config/validate',
        body: { 'connector.class': 'FileStreamSink', topics: 't', name: 'x' },
        headers: { 'content-type': 'application/json; charset=utf-8' },
        pick: (body) => (body as { error_count: number }).error_count,
      },
      { what: 'unacceptable', path: '/connectors', headers: { accept: 'text/html' }, message: true },
      {
        what: 'acceptable by a wildcard',
        path: '/connectors/',
        headers: { accept: 'text/html, */*;q=0.1' },
        pick: Array.isArray,
      },
      {
        what: 'foreign type without need of a body',
        method: 'PUT',
        path: '/connectors/{p}/pause',
        body: 'x',
        headers: { 'content-type': 'text/plain' },
        message: true,
      },
    ],
  },
  {
    name: 'HEAD and OPTIONS',
    steps: [
      { method: 'HEAD', path: '/' },
      { method: 'HEAD', path: '/connectors/{p}' },
      {
        method: 'OPTIONS',
        path: '/connectors',
        headers: { accept: 'text/plain' },
        pick: (body) => String(body).split(/[, ]+/).toSorted(),
      },
      { what: 'OPTIONS as JSON', method: 'OPTIONS', path: '/connectors', headers: { accept: 'application/json' } },
    ],
  },
  {
    name: 'names in paths',
    steps: [
      {
        what: 'create with spaces and letters',
        method: 'POST',
        path: '/connectors',
        body: { name: '{p} straße', config: lines() },
      },
      { what: 'get', path: '/connectors/{p}%20stra%C3%9Fe/config' },
      {
        what: 'trailing slash',
        path: '/connectors/{p}%20stra%C3%9Fe/',
        until: ({ body }) => (body as { tasks: readonly unknown[] }).tasks.length === 1,
      },
      { what: 'delete', method: 'DELETE', path: '/connectors/{p}%20stra%C3%9Fe/' },
      { what: 'a slash in a name', path: '/connectors/a%2Fb', pick: () => 'a page or a body, 400' },
    ],
  },
  {
    name: 'malformed bodies',
    steps: [
      { what: 'no JSON', method: 'POST', path: '/connectors', body: '{"name"' },
      { what: 'empty', method: 'POST', path: '/connectors', body: '' },
      { what: 'a list', method: 'POST', path: '/connectors', body: '[]' },
      { what: 'an unknown member', method: 'POST', path: '/connectors', body: { name: '{p}', config: {}, bogus: 1 } },
      { what: 'a nested value', method: 'PUT', path: '/connectors/{p}/config', body: { ...lines(), nested: {} } },
      { what: 'a list for a configuration', method: 'PUT', path: '/connectors/{p}/config', body: '[]' },
      {
        what: 'an unknown initial state',
        method: 'POST',
        path: '/connectors',
        body: { name: '{p}', config: lines(), initial_state: 'RUN' },
      },
      { what: 'nothing was made', path: '/connectors/{p}' },
    ],
  },
  {
    name: 'scalars become strings',
    steps: [
      create(lines({ 'tasks.max': 1, 'errors.log.enable': true, 'some.number': 1.5, 'some.text': ' kept ' })),
      { path: '/connectors/{p}/config' },
      remove,
    ],
  },
]
