import type { SeededChoice } from './seeded-choice.js'

type Data = Record<string, unknown>

/** What a layer can have besides the usual: configuration, schemas, transformers as files, less common fields. */
export interface LayerParts {
  readonly path: string
  readonly files: Record<string, string>
  /** Objects that the layers below have, or the layer itself. */
  readonly known: readonly Data[]
  readonly names: readonly string[]
  readonly texts: readonly string[]
  readonly format: (value: unknown) => string
}

const crd = {
  'example.com/v1.Widget': {
    Schema: {
      properties: {
        spec: {
          properties: {
            items: { 'x-kubernetes-identity': '' },
            secretRef: { 'x-kubernetes-object-ref-api-version': 'v1', 'x-kubernetes-object-ref-kind': 'Secret' },
          },
        },
      },
    },
  },
}
const openApi = {
  definitions: {
    'com.example.v1.Widget': {
      properties: {
        spec: {
          properties: {
            items: {
              type: 'array',
              items: { type: 'object' },
              'x-kubernetes-patch-merge-key': 'name',
              'x-kubernetes-patch-strategy': 'merge',
            },
          },
        },
      },
      'x-kubernetes-group-version-kind': [{ group: 'example.com', kind: 'Widget', version: 'v1' }],
    },
  },
}

/** Adds fields to a kustomization, and the files that they name. */
export function addExtras(own: Data, choice: SeededChoice, parts: LayerParts): void {
  const { path, files, known, names, texts, format } = parts
  const add = (chance: number, field: string, make: () => unknown) => {
    if (!choice.maybe(chance)) return
    const value = make()
    own[field] = Array.isArray(value) && Array.isArray(own[field]) ? [...(own[field] as unknown[]), ...value] : value
  }
  const file = (name: string, value: unknown) => {
    files[`${path}/${name}`] = typeof value === 'string' ? value : format(value)
    return name
  }
  add(0.15, 'configurations', () => [file('config.yaml', configuration(choice))])
  add(0.08, 'crds', () => [file('crd.json', JSON.stringify(crd))])
  add(0.08, 'openapi', () => ({ path: file('openapi.json', JSON.stringify(openApi)) }))
  add(0.2, 'transformers', () => [file('transformer.yaml', transformer(choice, names))])
  add(0.08, 'generators', () => [file('generator.yaml', generator(choice, texts))])
  add(0.1, 'sortOptions', () => ({
    order: 'legacy',
    legacySortOptions: {
      orderFirst: ['Widget', 'Namespace'],
      orderLast: choice.pick([['Service'], ['Deployment', 'ConfigMap']]),
    },
  }))
  add(0.1, 'replacements', () => [{ path: file('replacement.yaml', replacementFile(choice)) }])
  add(0.2, 'patches', () => [jsonPatch(choice)])
  add(0.1, 'patches', () => [
    { patch: `${format(merge(choice, known, texts))}---\n${format(merge(choice, known, texts))}`.replaceAll('\r', '') },
  ])
  add(0.15, 'commonAnnotations', () => ({ [choice.pick(['note', 'x/y'])]: choice.pick(texts) }))
  add(0.04, 'resources', () => [
    choice.pick(['https://example.com/a.yaml', 'gone.yaml', '../gone', 'https://github.com/a/b?ref=v1']),
  ])
  add(0.1, 'buildMetadata', () => ['originAnnotations', 'managedByLabel'])
  add(0.1, 'images', () => [
    { name: choice.pick(['nginx', 'busybox']), ...choice.pick([{ newTag: 'x', digest: 'sha256:1' }, { newName: 'a/b' }]) },
  ])
  add(0.1, 'configMapGenerator', () => [
    {
      name: `extra-${choice.below(3)}`,
      literals: [choice.pick(['A=b=c', 'A="quoted"', "A='single'", 'A=', 'A=x y ']), `T=${choice.pick(texts)}`],
      ...(choice.maybe(0.3) ? { files: [`bin=${file('data.bin', '\u0000\u0001binary\u00ff')}`] } : {}),
      ...(choice.maybe(0.3) ? { env: file('one.env', 'X=1\nY\n#c\nZ="q"\n') } : {}),
      ...(choice.maybe(0.3)
        ? { options: { disableNameSuffixHash: choice.maybe(0.5), annotations: { n: choice.pick(texts) } } }
        : {}),
    },
  ])
}

function configuration(choice: SeededChoice): Data {
  return {
    ...(choice.maybe(0.5) ? { namePrefix: [{ path: 'spec/extra/name', kind: 'Widget' }, { path: 'metadata/name' }] } : {}),
    ...(choice.maybe(0.5) ? { commonLabels: [{ path: 'spec/extra/labels', create: true, kind: 'Widget' }] } : {}),
    ...(choice.maybe(0.5) ? { commonAnnotations: [{ path: 'spec/notes', create: choice.maybe(0.5), kind: 'Widget' }] } : {}),
    ...(choice.maybe(0.5) ? { images: [{ path: 'spec/image', kind: 'Widget' }] } : {}),
    ...(choice.maybe(0.4) ? { replicas: [{ path: 'spec/count', create: true, kind: 'Widget' }] } : {}),
    ...(choice.maybe(0.4)
      ? {
          varReference: [
            { path: 'spec/list', kind: 'Widget' },
            { path: 'data', kind: 'ConfigMap' },
          ],
        }
      : {}),
    ...(choice.maybe(0.5)
      ? { nameReference: [{ kind: 'ConfigMap', version: 'v1', fieldSpecs: [{ path: 'spec/list', kind: 'Widget' }] }] }
      : {}),
  }
}

function transformer(choice: SeededChoice, names: readonly string[]): Data {
  const make = (kind: string, more: Data): Data => ({ apiVersion: 'builtin', kind, metadata: { name: 'any' }, ...more })
  return choice.pick([
    make('PrefixTransformer', { prefix: 't-', fieldSpecs: [{ path: 'metadata/name' }] }),
    make('SuffixTransformer', { suffix: '-t', fieldSpecs: [{ path: 'metadata/name', kind: 'Service' }] }),
    make('NamespaceTransformer', { metadata: { name: 'any', namespace: 'moved' }, unsetOnly: choice.maybe(0.5) }),
    make('NamespaceTransformer', {
      metadata: { name: 'any', namespace: 'moved' },
      setRoleBindingSubjects: choice.pick(['allServiceAccounts', 'none', 'defaultOnly']),
    }),
    make('LabelTransformer', { labels: { t: '1' }, fieldSpecs: [{ path: 'metadata/labels', create: true }] }),
    make('AnnotationsTransformer', { annotations: { t: 'true' }, fieldSpecs: [{ path: 'metadata/annotations', create: true }] }),
    make('ImageTagTransformer', {
      imageTag: { name: 'nginx', newTag: 't' },
      fieldSpecs: [{ path: 'spec/image', kind: 'Widget' }],
    }),
    make('ReplicaCountTransformer', {
      replica: { name: choice.pick(names), count: 7 },
      fieldSpecs: [{ path: 'spec/replicas', create: true, kind: 'Deployment' }],
    }),
    make('PatchTransformer', {
      patch: '[{"op": "add", "path": "/metadata/labels", "value": {"p": "t"}}]',
      target: { kind: choice.pick(['Service', 'Deployment', 'Widget']) },
    }),
    make('PatchJson6902Transformer', {
      target: { version: 'v1', kind: 'Service', name: choice.pick(names) },
      jsonOp: '[{"op": "add", "path": "/spec/type", "value": "NodePort"}]',
    }),
    make('ValueAddTransformer', {
      value: 'added',
      targets: [{ selector: { kind: 'Widget' }, fieldPath: 'spec/extra/added' }],
    }),
  ])
}

function generator(choice: SeededChoice, texts: readonly string[]): Data {
  const metadata = { name: `made-${choice.below(3)}`, ...(choice.maybe(0.4) ? { namespace: 'made' } : {}) }
  const kind = choice.pick(['ConfigMapGenerator', 'SecretGenerator'])
  return {
    apiVersion: 'builtin',
    kind,
    metadata,
    literals: [`K=${choice.pick(texts)}`],
    ...(choice.maybe(0.3) ? { options: { immutable: true } } : {}),
  }
}

function replacementFile(choice: SeededChoice): unknown {
  const one = {
    source: {
      kind: choice.pick(['Deployment', 'Service']),
      fieldPath: choice.pick(['metadata.name', 'metadata.namespace', 'kind']),
    },
    targets: [
      {
        select: { kind: choice.pick(['Widget', 'ConfigMap']) },
        fieldPaths: choice.pick([['metadata.annotations.from'], ['metadata.labels.from', 'metadata.annotations.from']]),
        options: { create: choice.maybe(0.9) },
      },
    ],
  }
  return choice.maybe(0.5) ? [one] : one
}

function jsonPatch(choice: SeededChoice): Data {
  const [kind, operations] = choice.pick<[string, unknown[]]>([
    [
      'Deployment',
      [{ op: 'move', from: '/spec/template/spec/containers/0/args', path: '/spec/template/spec/containers/0/command' }],
    ],
    ['Deployment', [{ op: 'copy', from: '/spec/selector', path: '/spec/copied' }]],
    [
      'Service',
      [
        { op: 'test', path: '/spec/ports/0/port', value: 80 },
        { op: 'replace', path: '/spec/ports/0/port', value: 8080 },
      ],
    ],
    ['Widget', [{ op: 'add', path: '/spec/list/0', value: choice.pick<unknown>(['x', 1, null, { a: '1e3' }, 1.5, 1e21, -0]) }]],
    [
      'Widget',
      [
        { op: 'remove', path: '/spec/items/1' },
        { op: 'add', path: '/spec/items/-', value: { name: 'c' } },
      ],
    ],
    [
      'Widget',
      [
        { op: 'add', path: '/spec/a~1b~0c', value: 'x' },
        { op: 'copy', from: '/spec/a~1b~0c', path: '/metadata/annotations' },
      ],
    ],
  ])
  return { target: { kind }, patch: JSON.stringify(operations) }
}

/** Adds a label to an object that there is. */
function merge(choice: SeededChoice, known: readonly Data[], texts: readonly string[]): Data {
  const { apiVersion, kind, metadata } = choice.pick(known)
  const { name, namespace } = metadata as Data
  const labels = { merged: choice.pick<unknown>([...texts, null, 1]) }
  return { apiVersion, kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }), labels } }
}
