import type { Case, Step } from '../case.js'
import { collectionOf, objectOf, type Sample, samples } from './samples.js'

const table = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' }
const partial = { accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json' }
const partialList = { accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json' }

const made = { uid: 'metadata.uid', rv: 'metadata.resourceVersion' }

/** Every kind through every verb. */
export const verbCases: readonly Case[] = samples.flatMap((sample) => [
  reads(sample),
  creates(sample),
  updates(sample),
  immutable(sample),
  patches(sample),
  applies(sample),
  deletes(sample),
  ...(sample.subresources.includes('status') ? [status(sample)] : []),
])

function title(sample: Sample, what: string): string {
  return `${sample.plural}.${sample.apiVersion} ${what}`
}

function scope(sample: Sample): Pick<Case, 'namespace'> {
  return sample.namespaced ? {} : { namespace: 'none' }
}

function pathsOf(sample: Sample) {
  const all = collectionOf(sample)
  return { all, one: `${all}/${sample.name}`, missing: `${all}/\${id}-missing` }
}

function reads(sample: Sample): Case {
  const { all, one, missing } = pathsOf(sample)
  const labelled = objectOf(sample, [['metadata.labels', { who: '${id}' }]])
  const mine = { labelSelector: 'who=${id}' }
  return {
    name: title(sample, 'reads'),
    ...scope(sample),
    steps: [
      { method: 'POST', path: all, body: labelled, capture: made },
      { method: 'GET', path: one },
      { method: 'GET', path: missing },
      { method: 'GET', path: one, headers: { accept: 'application/yaml' } },
      { method: 'GET', path: one, headers: table },
      { method: 'GET', path: one, headers: partial },
      { method: 'GET', path: one, query: { resourceVersion: '0' } },
      { method: 'GET', path: one, query: { resourceVersion: '${rv}' } },
      { method: 'GET', path: all, query: mine },
      { method: 'GET', path: all, query: mine, headers: table },
      { method: 'GET', path: all, query: { ...mine, includeObject: 'None' }, headers: table },
      { method: 'GET', path: all, query: mine, headers: partialList },
      { method: 'GET', path: all, query: { ...mine, fieldSelector: `metadata.name=${sample.name}` } },
      { method: 'GET', path: all, query: { ...mine, fieldSelector: `metadata.name!=${sample.name}` } },
      { method: 'GET', path: all, query: { fieldSelector: 'spec.none=1' } },
      { method: 'GET', path: all, query: { ...mine, watch: '1', resourceVersion: '0' }, events: 1 },
      { method: 'GET', path: all, query: { ...mine, watch: '1', resourceVersion: '0' }, events: 1, headers: table },
      { method: 'HEAD', path: one },
      { method: 'DELETE', path: one, silent: true },
    ],
  }
}

function creates(sample: Sample): Case {
  const { all, one } = pathsOf(sample)
  const body = objectOf(sample)
  const dry = { dryRun: 'All' }
  const bad = (changes: readonly (readonly [string, unknown])[], query: Step['query'] = dry): Step => ({
    method: 'POST',
    path: all,
    query: query ?? {},
    body: objectOf(sample, changes),
  })
  return {
    name: title(sample, 'creates'),
    ...scope(sample),
    steps: [
      { method: 'POST', path: all, body, query: dry },
      { method: 'POST', path: all, body },
      { method: 'POST', path: all, body },
      { method: 'POST', path: all, body, query: dry },
      { method: 'POST', path: one, body },
      { method: 'DELETE', path: one, silent: true },
      bad([['metadata', { generateName: 'generated-' }]]),
      bad([['metadata', { generateName: 'Bad_' }]]),
      bad([['metadata', {}]]),
      bad([['metadata', undefined]]),
      bad([['metadata.name', 'Bad_Name']]),
      bad([['metadata.name', 'a'.repeat(254)]]),
      bad([['metadata.name', 'a/b']]),
      bad([['metadata.namespace', 'elsewhere']]),
      bad([['metadata.labels', { 'bad key': 'bad value!' }]]),
      bad([['metadata.annotations', { 'bad key': '' }]]),
      bad([['metadata.finalizers', ['unqualified', 'example.com/f', 'bad value!']]]),
      bad([['metadata.ownerReferences', [{ apiVersion: 'v1', kind: 'Pod', name: '', uid: '' }]]]),
      bad([['metadata.resourceVersion', '1']]),
      bad([['metadata.uid', '11111111-1111-1111-1111-111111111111']]),
      bad([['metadata.generation', 7]]),
      bad([['metadata.deletionTimestamp', '2020-01-01T00:00:00Z']]),
      bad([['metadata.creationTimestamp', 'yesterday']]),
      bad([['metadata.labels', 'text']]),
      bad([['apiVersion', 'other/v9']]),
      bad([['apiVersion', undefined]]),
      bad([['kind', 'Other']]),
      bad([['kind', undefined]]),
      bad([['spec', 'text']]),
      bad(
        [
          ['unknownField', 1],
          ['metadata.unknownField', 2],
        ],
        { ...dry, fieldValidation: 'Strict' },
      ),
      bad(
        [
          ['unknownField', 1],
          ['metadata.unknownField', 2],
        ],
        { ...dry, fieldValidation: 'Warn' },
      ),
      bad([['unknownField', 1]], { ...dry, fieldValidation: 'Ignore' }),
      bad([['spec', undefined]]),
      bad([['spec', {}]]),
      {
        method: 'POST',
        path: all,
        query: dry,
        body: { apiVersion: sample.apiVersion, kind: sample.kind, metadata: { name: 'empty' } },
      },
    ],
  }
}

function updates(sample: Sample): Case {
  const { all, one, missing } = pathsOf(sample)
  const labelled = objectOf(sample, [['metadata.labels', { a: 'b' }]])
  const put = (body: unknown, path = one, query: Step['query'] = {}): Step => ({ method: 'PUT', path, body, query: query ?? {} })
  return {
    name: title(sample, 'updates'),
    ...scope(sample),
    steps: [
      { method: 'POST', path: all, body: objectOf(sample), capture: made },
      put(labelled, one, { dryRun: 'All' }),
      put(
        objectOf(sample, [
          ['metadata.labels', { a: 'b' }],
          ['metadata.resourceVersion', '${rv}'],
        ]),
      ),
      put(
        objectOf(sample, [
          ['metadata.labels', { a: 'c' }],
          ['metadata.resourceVersion', '${rv}'],
        ]),
      ),
      put(objectOf(sample, [['metadata.resourceVersion', 'abc']])),
      put(objectOf(sample, [['metadata.uid', '11111111-1111-1111-1111-111111111111']])),
      put(objectOf(sample, [['metadata.name', 'another']])),
      put(objectOf(sample, [['metadata.name', undefined]])),
      put(objectOf(sample, [['metadata.namespace', 'another']])),
      put(objectOf(sample, [['metadata.labels', { 'x y': '1' }]])),
      put(objectOf(sample, [['kind', 'Other']])),
      put(objectOf(sample, [['metadata.name', '${id}-missing']]), missing, { dryRun: 'All' }),
      put(
        objectOf(sample, [
          ['metadata.name', '${id}-missing'],
          ['metadata.uid', '11111111-1111-1111-1111-111111111111'],
        ]),
        missing,
        {
          dryRun: 'All',
        },
      ),
      put(labelled),
      { method: 'DELETE', path: one, silent: true },
    ],
  }
}

function immutable(sample: Sample): Case {
  const { all, one } = pathsOf(sample)
  return {
    name: title(sample, 'immutable'),
    ...scope(sample),
    steps: [
      { method: 'POST', path: all, body: objectOf(sample) },
      ...sample.changes.map(
        (change): Step => ({
          method: 'PUT',
          path: one,
          query: { dryRun: 'All' },
          body: objectOf(sample, [change, ['metadata.resourceVersion', undefined]]),
        }),
      ),
      ...sample.changes.map(
        ([path, value]): Step => ({
          method: 'PATCH',
          path: one,
          as: 'json-patch',
          query: { dryRun: 'All' },
          body: [{ op: 'add', path: `/${path.replaceAll('.', '/')}`, value }],
        }),
      ),
      { method: 'DELETE', path: one, silent: true },
    ],
  }
}

function patches(sample: Sample): Case {
  const { all, one, missing } = pathsOf(sample)
  const patch = (as: string, body: unknown, query: Step['query'] = {}): Step => ({
    method: 'PATCH',
    path: one,
    as,
    body,
    query: { dryRun: 'All', ...query },
  })
  return {
    name: title(sample, 'patches'),
    ...scope(sample),
    steps: [
      { method: 'POST', path: all, body: objectOf(sample) },
      patch('merge', { metadata: { labels: { a: 'b' } } }),
      patch('merge', { metadata: { labels: { 'a b': 'c' } } }),
      patch('merge', { metadata: { name: 'other' } }),
      patch('merge', { metadata: { resourceVersion: '1' } }),
      patch('merge', { metadata: { uid: '11111111-1111-1111-1111-111111111111' } }),
      patch('merge', { kind: 'Other' }),
      patch('merge', { unknownField: 1 }, { fieldValidation: 'Strict' }),
      patch('merge', { unknownField: 1 }),
      patch('merge', { metadata: null }),
      patch('strategic', { metadata: { annotations: { a: 'b' }, finalizers: ['example.com/f'] } }),
      patch('json-patch', [{ op: 'add', path: '/metadata/labels', value: { a: 'b' } }]),
      patch('json-patch', [{ op: 'replace', path: '/metadata/labels/none', value: 'b' }]),
      patch('application/json', {}),
      { method: 'PATCH', path: missing, as: 'merge', body: {} },
      { method: 'DELETE', path: one, silent: true },
    ],
  }
}

function applies(sample: Sample): Case {
  const { all, one } = pathsOf(sample)
  const apply = (body: unknown, query: Step['query'], path = one): Step => ({
    method: 'PATCH',
    path,
    as: 'apply',
    body,
    query: query ?? {},
  })
  return {
    name: title(sample, 'applies'),
    ...scope(sample),
    steps: [
      apply(objectOf(sample), {}),
      apply(objectOf(sample), { fieldManager: 'one' }),
      apply(objectOf(sample), { fieldManager: 'one' }),
      apply(objectOf(sample, [['metadata.labels', { a: 'b' }]]), { fieldManager: 'two' }),
      apply(objectOf(sample, [['metadata.labels', { a: 'c' }]]), { fieldManager: 'three' }),
      apply(objectOf(sample, [['metadata.labels', { a: 'c' }]]), { fieldManager: 'three', force: 'true' }),
      apply(objectOf(sample, [['unknownField', 'c']]), { fieldManager: 'three', force: 'true' }),
      apply({ apiVersion: sample.apiVersion, kind: sample.kind }, { fieldManager: 'two', dryRun: 'All' }),
      apply(objectOf(sample, [['apiVersion', 'other/v1']]), { fieldManager: 'two' }),
      { method: 'GET', path: one },
      { method: 'DELETE', path: one, silent: true },
      { method: 'GET', path: all, query: { fieldSelector: `metadata.name=${sample.name}` } },
    ],
  }
}

function deletes(sample: Sample): Case {
  const { all, one, missing } = pathsOf(sample)
  const body = objectOf(sample, [['metadata.labels', { who: '${id}' }]])
  const create: Step = { method: 'POST', path: all, body, silent: true, capture: made }
  const remove = (options: unknown, query: Step['query'] = {}): Step => ({
    method: 'DELETE',
    path: one,
    body: options,
    query: query ?? {},
  })
  const options = (more: Record<string, unknown>) => ({ apiVersion: 'v1', kind: 'DeleteOptions', ...more })
  return {
    name: title(sample, 'deletes'),
    ...scope(sample),
    steps: [
      { method: 'DELETE', path: missing },
      create,
      remove(options({ preconditions: { uid: '11111111-1111-1111-1111-111111111111' } })),
      remove(options({ preconditions: { resourceVersion: '1' } })),
      remove(options({ propagationPolicy: 'Sideways' })),
      remove(options({ propagationPolicy: 'Background', orphanDependents: true })),
      remove(options({ dryRun: ['All'] })),
      remove(options({ dryRun: ['Some'] })),
      remove({ kind: 'Other', apiVersion: 'v1' }),
      remove(undefined, { propagationPolicy: 'Orphan' }),
      { method: 'GET', path: one },
      { method: 'PATCH', path: one, as: 'merge', body: { metadata: { finalizers: ['example.com/new'] } } },
      { method: 'PATCH', path: one, as: 'merge', body: { metadata: { finalizers: null } } },
      { method: 'GET', path: one },
      create,
      remove(options({ propagationPolicy: 'Foreground' })),
      remove(options({ gracePeriodSeconds: 0, propagationPolicy: 'Background' })),
      create,
      remove(options({ preconditions: { uid: '${uid}', resourceVersion: '${rv}' } })),
      create,
      remove(undefined),
      create,
      { method: 'DELETE', path: all, query: { labelSelector: 'who=${id}', dryRun: 'All' } },
      { method: 'DELETE', path: all, query: { labelSelector: 'who=${id}' } },
      { method: 'GET', path: all, query: { labelSelector: 'who=${id}' } },
      { method: 'DELETE', path: one, silent: true },
    ],
  }
}

function status(sample: Sample): Case {
  const { all, one } = pathsOf(sample)
  const path = `${one}/status`
  return {
    name: title(sample, 'status'),
    ...scope(sample),
    steps: [
      { method: 'POST', path: all, body: objectOf(sample), capture: made },
      { method: 'GET', path },
      { method: 'PUT', path, body: objectOf(sample, [['metadata.labels', { a: 'b' }]]) },
      { method: 'PUT', path, body: objectOf(sample, [['status', {}]]) },
      { method: 'PUT', path, body: objectOf(sample, [['status', 'text']]) },
      { method: 'PATCH', path, as: 'merge', body: { metadata: { labels: { c: 'd' } }, status: { unknownField: 1 } } },
      { method: 'PATCH', path, as: 'merge', body: { status: null } },
      { method: 'PATCH', path, as: 'merge', body: { status: { conditions: [{ type: 'Ready', status: 'True' }] } } },
      { method: 'PATCH', path, as: 'strategic', body: { status: { conditions: [{ type: 'Fine', status: 'Maybe' }] } } },
      { method: 'PATCH', path, as: 'merge', body: { status: { observedGeneration: -1, replicas: -1 } } },
      {
        method: 'PATCH',
        path,
        as: 'apply',
        query: { fieldManager: 's', force: 'true' },
        body: { apiVersion: sample.apiVersion, kind: sample.kind, status: {} },
      },
      { method: 'PUT', path, body: objectOf(sample, [['metadata.resourceVersion', '1']]) },
      { method: 'DELETE', path },
      { method: 'POST', path, body: objectOf(sample) },
      { method: 'GET', path: one },
      { method: 'DELETE', path: one, silent: true },
    ],
  }
}
