import type { Case, Step } from '../case.js'

const maps = '/api/v1/namespaces/${ns}/configmaps'
const table = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' }
const partial = { accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json' }
const watch = (query: Record<string, string>, events?: number, headers: Step['headers'] = {}): Step => ({
  method: 'GET',
  path: maps,
  query: { watch: 'true', ...query },
  headers: headers ?? {},
  ...(events === undefined ? {} : { events }),
})
const history: Step[] = [
  {
    method: 'POST',
    path: maps,
    body: { metadata: { name: 'a', labels: { app: 'web' } } },
    silent: true,
    capture: { first: 'metadata.resourceVersion' },
  },
  { method: 'POST', path: maps, body: { metadata: { name: 'b' } }, silent: true },
  { method: 'PATCH', path: `${maps}/a`, as: 'merge', body: { metadata: { labels: { app: 'db' } } }, silent: true },
  { method: 'PATCH', path: `${maps}/b`, as: 'merge', body: { metadata: { labels: { app: 'web' } } }, silent: true },
  { method: 'DELETE', path: `${maps}/a`, silent: true },
  {
    method: 'POST',
    path: maps,
    body: { metadata: { name: 'c', labels: { app: 'web' } } },
    silent: true,
    capture: { last: 'metadata.resourceVersion' },
  },
]

export const watchCases: readonly Case[] = [
  {
    name: 'histories',
    steps: [
      ...history,
      watch({ resourceVersion: '${first}' }, 5),
      watch({ resourceVersion: '${first}', labelSelector: 'app=web' }, 3),
      watch({ resourceVersion: '${first}', labelSelector: 'app=db' }, 2),
      watch({ resourceVersion: '${first}', labelSelector: '!app' }, 2),
      watch({ resourceVersion: '${first}', fieldSelector: 'metadata.name=b' }, 2),
      watch({ resourceVersion: '${first}', fieldSelector: 'metadata.name!=b' }, 3),
      watch({ resourceVersion: '${first}' }, 5, table),
      watch({ resourceVersion: '${first}' }, 5, partial),
      watch({ resourceVersion: '0' }, 2),
      watch({}, 2),
      watch({ resourceVersion: '0' }, 2, table),
      watch({ resourceVersion: '0', includeObject: 'Object' }, 2, table),
      watch({ resourceVersion: '0', includeObject: 'None' }, 2, table),
      watch({ resourceVersion: '0' }, 2, { accept: 'application/yaml' }),
      watch({ resourceVersion: '0' }, 2, { accept: 'application/json;stream=watch' }),
      { ...watch({ resourceVersion: '${first}' }, 2), path: `${maps}/b` },
      { ...watch({ resourceVersion: '${first}' }, 5), path: '/api/v1/watch/namespaces/${ns}/configmaps' },
      { ...watch({ resourceVersion: '${first}' }, 2), path: '/api/v1/watch/namespaces/${ns}/configmaps/b' },
      { ...watch({ resourceVersion: '${first}', fieldSelector: 'metadata.namespace=${ns}' }, 5), path: '/api/v1/configmaps' },
    ],
  },
  {
    name: 'initial events',
    steps: [
      ...history,
      watch({ sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan', allowWatchBookmarks: 'true' }, 3),
      watch(
        {
          sendInitialEvents: 'true',
          resourceVersionMatch: 'NotOlderThan',
          allowWatchBookmarks: 'true',
          resourceVersion: '${last}',
        },
        3,
      ),
      watch(
        { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan', allowWatchBookmarks: 'true', resourceVersion: '0' },
        3,
        table,
      ),
      watch({ sendInitialEvents: 'false', resourceVersionMatch: 'NotOlderThan', resourceVersion: '${first}' }, 5),
      watch({ sendInitialEvents: 'true' }),
      watch({ sendInitialEvents: 'true', resourceVersionMatch: 'Exact' }),
      watch({ sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan', continue: 'x' }),
      watch({ resourceVersionMatch: 'NotOlderThan' }),
      watch({ resourceVersionMatch: 'Exact', resourceVersion: '1' }),
      watch({ resourceVersionMatch: 'Wrong' }),
    ],
  },
  {
    name: 'refusals',
    steps: [
      ...history,
      watch({ resourceVersion: 'abc' }),
      watch({ resourceVersion: '-1' }),
      watch({ labelSelector: 'a in (' }),
      watch({ fieldSelector: 'spec.x=1' }),
      watch({ timeoutSeconds: 'x' }),
      watch({ continue: 'x' }),
      watch({ limit: '1', resourceVersion: '${first}' }, 1),
      { ...watch({}), path: '/apis/apps/v1/namespaces/${ns}/nothing' },
      { ...watch({}), path: `${maps}/b`, method: 'POST', body: {} },
      watch({ resourceVersion: '0' }, undefined, { accept: 'text/html' }),
    ],
  },
  { name: 'timeout', steps: [...history, watch({ resourceVersion: '${last}', timeoutSeconds: '1' })] },
  { name: 'timeout with initial state', steps: [...history, watch({ resourceVersion: '0', timeoutSeconds: '1' })] },
  { name: 'too new', steps: [...history, watch({ resourceVersion: '1000000000', timeoutSeconds: '1' })] },
  { name: 'too old', steps: [...history, watch({ resourceVersion: '1', timeoutSeconds: '1' })] },
]
