import { addExtras } from './random-extras.js'
import { randomYaml } from './random-yaml.js'
import { SeededChoice } from './seeded-choice.js'

/** Files of kustomizations that are made up from a seed: the same seed makes the same files. `path` is what is built. */
export interface RandomKustomization {
  readonly files: Readonly<Record<string, string>>
  readonly path: string
}

type Data = Record<string, unknown>
const names = ['web', 'db', 'cache', 'api', 'job-1']
const namespaces = ['default', 'shop', 'team-a', 'x']
const texts = [
  'a',
  'true',
  '010',
  '1e3',
  'x: y',
  'yes',
  '',
  ' lead',
  'multi\nline\n',
  "it's",
  '"q"',
  '0x1F',
  '1.10',
  'null',
  '~',
  '#c',
  'ünï',
  'a,b',
  '2001-01-01',
  '{{x}}',
  '- d',
  '*a',
  '1_000',
  '12:30:45',
  'long '.repeat(30).trim(),
]

const jsonPaths: Readonly<Record<string, readonly string[]>> = {
  Deployment: [
    '/spec/replicas',
    '/spec/template/spec/containers/0/image',
    '/spec/template/spec/containers/0/env/-',
    '/spec/template/metadata/labels/x',
  ],
  StatefulSet: ['/spec/template/spec/containers/0/args/0', '/spec/volumeClaimTemplates/0/metadata/labels'],
  Service: ['/spec/ports/-', '/spec/ports/0/port', '/spec/selector/x'],
  ConfigMap: ['/data/K0', '/data/new~1key', '/binaryData'],
  Widget: ['/spec/list/-', '/spec/list/1', '/spec/extra', '/spec/items/0/v'],
}

/** `style`: `styled` writes every file in YAML of all styles, and uses what is less common. */
export function randomKustomization(seed: number, style: 'plain' | 'styled' = 'plain'): RandomKustomization {
  return new Maker(seed, style).make()
}

class Maker {
  readonly #choice: SeededChoice
  readonly #extras: SeededChoice | undefined
  readonly #files: Record<string, string> = {}
  readonly #known: Data[] = []

  constructor(seed: number, style: 'plain' | 'styled') {
    this.#choice = new SeededChoice(seed)
    this.#extras = style === 'styled' ? new SeededChoice(seed + 1_000_003) : undefined
  }

  make(): RandomKustomization {
    const layers = 1 + this.#below(4)
    let below: string[] = []
    for (let layer = 0; layer < layers; layer++) {
      const path = `layer-${layer}`
      this.#layer(path, below, layer === 0)
      below = [path]
    }
    return { files: this.#files, path: below[0]! }
  }

  #below(end: number): number {
    return this.#choice.below(end)
  }

  #pick<T>(items: readonly T[]): T {
    return this.#choice.pick(items)
  }

  #maybe(chance: number): boolean {
    return this.#choice.maybe(chance)
  }

  #format(value: unknown): string {
    return this.#extras === undefined ? toYaml(value) : randomYaml(value, this.#extras)
  }

  #layer(path: string, bases: readonly string[], first: boolean): void {
    const resources = bases.map((base) => `../${base}`)
    const count = first ? 4 + this.#below(4) : this.#below(2)
    for (let index = 0; index < count; index++) {
      const file = `r${index}.yaml`
      const object = this.#newResource(first ? ['Deployment', 'Service', 'ConfigMap', 'Widget'][index] : undefined)
      if (object === undefined) continue
      this.#files[`${path}/${file}`] = this.#format(object)
      resources.push(file)
    }
    const own: Data = { resources, ...this.#edits(path) }
    if (!first && this.#maybe(0.35)) {
      const component = `component-${path}`
      const parts = { apiVersion: 'kustomize.config.k8s.io/v1alpha1', kind: 'Component', ...this.#edits(component) }
      this.#files[`${component}/kustomization.yaml`] = this.#format(parts)
      own['components'] = [`../${component}`]
    }
    this.#files[`${path}/kustomization.yaml`] = this.#format(own)
  }

  /** One whose identity no other has, as a rule. */
  #newResource(kind?: string): Data | undefined {
    for (let attempt = 0; attempt < 5; attempt++) {
      const object = this.#resource(kind)
      const same = this.#known.some((other) => other['kind'] === object['kind'] && nameOf(other) === nameOf(object))
      if (same && this.#maybe(0.98)) continue
      this.#known.push(object)
      return object
    }
    return undefined
  }

  #edits(path: string): Data {
    const own: Data = {}
    const add = (chance: number, field: string, make: () => unknown) => {
      if (this.#maybe(chance)) own[field] = make()
    }
    add(0.35, 'namespace', () => this.#pick(namespaces))
    add(0.35, 'namePrefix', () => this.#pick(['eu-', 'p-', 'x.']))
    add(0.25, 'nameSuffix', () => this.#pick(['-v1', '-s']))
    add(0.25, 'commonLabels', () => ({ [this.#pick(['team', 'app'])]: this.#pick(['one', 'two', '010']) }))
    add(0.25, 'commonAnnotations', () => ({ [this.#pick(['note', 'a.b/c'])]: this.#pick(texts) }))
    add(0.35, 'labels', () => [
      {
        pairs: { [this.#pick(['tier', 'env'])]: this.#pick(['one', 'two']) },
        ...(this.#maybe(0.3) ? { includeSelectors: true } : {}),
        ...(this.#maybe(0.4) ? { includeTemplates: true } : {}),
        ...(this.#maybe(0.2) ? { includeVolumeClaimTemplates: true } : {}),
        ...(this.#maybe(0.2) ? { fields: [{ path: 'spec/extra/labels', create: this.#maybe(0.5), kind: 'Widget' }] } : {}),
      },
    ])
    add(0.35, 'images', () => [this.#image()])
    add(0.15, 'replicas', () => [{ name: this.#nameOfKind('Deployment'), count: this.#below(5) }])
    add(0.4, 'configMapGenerator', () => [this.#generator(path)])
    add(0.25, 'secretGenerator', () => [{ ...this.#generator(path), ...(this.#maybe(0.3) ? { type: 'Opaque' } : {}) }])
    add(0.2, 'generatorOptions', () => this.#options())
    add(0.6, 'patches', () => Array.from({ length: 1 + this.#below(3) }, (_, index) => this.#patch(path, index)))
    add(0.15, 'patchesStrategicMerge', () => [this.#format(this.#strategic())])
    add(0.25, 'replacements', () => [this.#replacement()])
    add(0.12, 'vars', () => [
      {
        name: 'VALUE',
        objref: { apiVersion: 'v1', kind: 'Service', name: this.#nameOfKind('Service') },
        ...(this.#maybe(0.5) ? { fieldref: { fieldpath: 'metadata.namespace' } } : {}),
      },
    ])
    add(0.1, 'sortOptions', () => ({ order: this.#pick(['legacy', 'fifo']) }))
    add(0.12, 'buildMetadata', () => [this.#pick(['originAnnotations', 'managedByLabel', 'transformerAnnotations'])])
    if (this.#extras !== undefined) {
      const format = (value: unknown) => this.#format(value)
      addExtras(own, this.#extras, { path, files: this.#files, known: this.#known, names, texts, format })
    }
    return own
  }

  #nameOfKind(kind: string): unknown {
    const some = this.#known.filter((object) => object['kind'] === kind)
    return some.length === 0 || this.#maybe(0.03) ? this.#pick(names) : nameOf(this.#pick(some))
  }

  #options(): Data {
    return {
      ...(this.#maybe(0.4) ? { disableNameSuffixHash: true } : {}),
      ...(this.#maybe(0.3) ? { immutable: true } : {}),
      ...(this.#maybe(0.3) ? { labels: { gen: this.#pick(texts) } } : {}),
      ...(this.#maybe(0.3) ? { annotations: { gen: this.#pick(texts) } } : {}),
    }
  }

  #generator(path: string): Data {
    const entry: Data = { name: this.#pick(['settings', 'web']) }
    if (this.#maybe(0.4))
      entry['behavior'] = this.#pick(['create', 'create', 'create', 'create', 'create', 'create', 'merge', 'replace'])
    if (this.#maybe(0.7)) entry['literals'] = [`K${this.#below(3)}=${this.#pick(texts)}`, `Z=${this.#pick(texts)}`]
    if (this.#maybe(0.4)) {
      this.#files[`${path}/file.txt`] = this.#pick(texts)
      entry['files'] = [this.#pick(['file.txt', 'key=file.txt'])]
    }
    if (this.#maybe(0.3)) {
      this.#files[`${path}/some.env`] = `A=${this.#pick(['1', 'x=y', '"q"', ''])}\n# c\n B=2\n`
      entry['envs'] = ['some.env']
    }
    if (this.#maybe(0.2)) entry['namespace'] = this.#pick(namespaces)
    if (this.#maybe(0.4)) entry['options'] = this.#options()
    return entry
  }

  #image(): Data {
    const entry: Data = { name: this.#pick(['nginx', 'registry.io/team/app', 'busybox', 'n.*']) }
    if (this.#maybe(0.5)) entry['newTag'] = this.#pick(['1.28', 'v2', '010'])
    if (this.#maybe(0.4)) entry['newName'] = this.#pick(['mirror:5000/nginx', 'other'])
    if (this.#maybe(0.2)) entry['digest'] = 'sha256:abc'
    if (this.#maybe(0.2)) entry['tagSuffix'] = '-x'
    return entry
  }

  #patch(path: string, index: number): Data {
    const target = {
      kind: this.#pick(['Deployment', 'Service', '.*', 'Widget', 'StatefulSet', 'ConfigMap']),
      ...(this.#maybe(0.5) ? { name: this.#pick([...names, '.*', 'w.*|d.*']) } : {}),
      ...(this.#maybe(0.2) ? { labelSelector: this.#pick(['app=web', 'app in (web,db)', '!team']) } : {}),
      ...(this.#maybe(0.15) ? { namespace: this.#pick(namespaces) } : {}),
    }
    const body = this.#maybe(0.6) ? this.#format(this.#strategic()) : this.#json(target.kind)
    const isJson = body.startsWith('[')
    const entry: Data = { ...(isJson || this.#maybe(0.5) ? { target } : {}) }
    // Of what is generated and has become another kind, kustomize hashes the lines it stands on in its memory.
    if (this.#maybe(0.2) && /^[DSW]/.test(target.kind))
      entry['options'] = { [this.#pick(['allowNameChange', 'allowKindChange'])]: this.#maybe(0.7) }
    if (this.#maybe(0.4)) {
      this.#files[`${path}/patch-${index}.yaml`] = body
      entry['path'] = `patch-${index}.yaml`
    } else entry['patch'] = body
    return entry
  }

  #json(kind: string): string {
    const own = jsonPaths[kind] ?? []
    const path = this.#pick(
      this.#maybe(0.05) ? Object.values(jsonPaths).flat() : ['/metadata/annotations', '/metadata/name', ...own],
    )
    const value = this.#pick<unknown>([1, 'x', true, '010', { a: [1, { b: 'c' }] }, [], {}, null, 'true'])
    const operation = this.#pick(['add', 'add', 'add', 'add', 'replace', 'replace', 'remove'])
    return JSON.stringify([{ op: operation, path, ...(operation === 'remove' ? {} : { value }) }])
  }

  #strategic(): Data {
    const object = this.#known.length > 0 && this.#maybe(0.95) ? this.#pick(this.#known) : this.#resource()
    const metadata = object['metadata'] as Data
    const patch: Data = { apiVersion: object['apiVersion'], kind: object['kind'], metadata: { name: metadata['name'] } }
    if (metadata['namespace'] !== undefined && this.#maybe(0.9)) (patch['metadata'] as Data)['namespace'] = metadata['namespace']
    else if (this.#maybe(0.04)) (patch['metadata'] as Data)['namespace'] = this.#pick(namespaces)
    if (this.#maybe(0.4)) (patch['metadata'] as Data)['annotations'] = { note: this.#pick<unknown>([...texts, null]) }
    if (this.#maybe(0.05)) return { ...patch, $patch: 'delete' }
    const spec = object['spec'] as Data | undefined
    if (spec === undefined) {
      patch['data'] = { K0: this.#pick<unknown>([...texts, null]) }
      return patch
    }
    if (object['kind'] === 'Widget') {
      patch['spec'] = this.#pick<Data>([
        { list: ['z'] },
        { list: null },
        { extra: { labels: null, more: 1 } },
        { items: [{ name: 'b', v: 2 }] },
      ])
      return patch
    }
    if (object['kind'] === 'Service') {
      patch['spec'] = this.#pick<Data>([
        { ports: [{ port: 80, name: 'http2' }] },
        { ports: [{ port: 81, protocol: 'UDP' }] },
        { ports: [{ $patch: 'replace' }, { port: 99 }] },
        { selector: { $patch: 'replace', only: 'this' } },
        { selector: null },
        { type: 'NodePort', $retainKeys: ['type'] },
      ])
      return patch
    }
    const containers = this.#pick<unknown>([
      [{ name: 'main', image: 'busybox', env: [{ name: 'MODE', value: this.#pick(texts) }] }],
      [{ name: 'side', image: 'busybox:1' }],
      [{ name: 'main', $patch: 'delete' }],
      [
        {
          name: 'main',
          env: [
            { name: 'MODE', $patch: 'delete' },
            { name: 'B', value: '2' },
          ],
        },
      ],
      [{ $patch: 'replace' }, { name: 'only', image: 'nginx' }],
      [{ name: 'main', ports: [{ containerPort: 80, protocol: 'TCP', name: 'n' }], args: ['--x'], command: null }],
      [{ name: 'main', volumeMounts: [{ mountPath: '/data', name: 'data', readOnly: true }] }],
    ])
    const volumes = this.#pick<unknown>([
      undefined,
      [{ name: 'data', emptyDir: {} }],
      [{ name: 'data', configMap: null, emptyDir: { medium: 'Memory' } }],
      [{ name: 'data', $patch: 'delete' }],
      null,
    ])
    const tolerations = this.#maybe(0.2) ? { tolerations: [{ key: 'a', operator: 'Exists' }] } : {}
    const podSpec = { containers, ...(volumes === undefined ? {} : { volumes }), ...tolerations }
    patch['spec'] = {
      ...(this.#maybe(0.3) ? { strategy: { type: 'Recreate', $retainKeys: ['type'] } } : {}),
      template: { spec: podSpec },
    }
    return patch
  }

  #replacement(): Data {
    const source = this.#pick<Data>([
      { kind: 'Service', name: this.#nameOfKind('Service'), fieldPath: 'spec.ports.0.port' },
      {
        kind: 'Deployment',
        name: this.#nameOfKind('Deployment'),
        fieldPath: 'spec.template.spec.containers.[name=main].image',
        options: { delimiter: ':', index: 0 },
      },
      { kind: 'ConfigMap', name: 'conf', fieldPath: 'data.K0' },
      { kind: 'Deployment', name: this.#nameOfKind('Deployment') },
    ])
    const field = this.#pick([
      'metadata.annotations.got',
      'spec.template.spec.containers.*.env.[name=MODE].value',
      'data.file\\.json.a',
      'data.conf\\.yaml.b',
      'spec.extra.x',
      'metadata.labels.[a.b/c]',
      'spec.list.0',
      'spec.items.[name=b].v',
    ])
    const kind = this.#maybe(0.04) ? this.#pick(['Deployment', 'Widget']) : kindOf(field)
    const options = this.#pick<Data | undefined>([
      undefined,
      { create: true },
      { create: true },
      { delimiter: '/', index: this.#below(4) - 1 },
    ])
    const target = {
      select: {
        kind,
        ...(this.#maybe(0.3) ? { name: this.#pick(names) } : {}),
      },
      ...(this.#maybe(0.2) ? { reject: [{ name: this.#pick([...names, '.*b.*']) }] } : {}),
      fieldPaths: [field],
      ...(options === undefined ? {} : { options }),
    }
    return this.#maybe(0.15) ? { sourceValue: this.#pick(texts), targets: [target] } : { source, targets: [target] }
  }

  #resource(wanted?: string): Data {
    const name = this.#pick(names)
    const metadata: Data = { name }
    if (this.#maybe(0.1)) metadata['namespace'] = this.#pick(namespaces)
    if (this.#maybe(0.8)) metadata['labels'] = { app: name }
    if (this.#maybe(0.7)) metadata['annotations'] = { note: this.#pick(texts) }
    const kind =
      wanted ??
      this.#pick([
        'Deployment',
        'Deployment',
        'Service',
        'StatefulSet',
        'ConfigMap',
        'Widget',
        'Ingress',
        'RoleBinding',
        'HorizontalPodAutoscaler',
        ...(this.#maybe(0.1) ? ['Namespace'] : []),
      ])
    switch (kind) {
      case 'Deployment':
      case 'StatefulSet':
        return { apiVersion: 'apps/v1', kind, metadata, spec: this.#workload(kind, name) }
      case 'Service':
        return {
          apiVersion: 'v1',
          kind,
          metadata,
          spec: {
            selector: { app: name },
            ports: [
              { port: 80, name: 'http' },
              { port: 81, protocol: 'UDP' },
            ],
          },
        }
      case 'ConfigMap': {
        const data = {
          K0: this.#pick(texts),
          'file.json': '{"a": 1, "z": {"b": "<x>"}}',
          'conf.yaml': '# head\nb: 1 # one\nz: "q"\na:\n- x\n',
        }
        return { apiVersion: 'v1', kind, metadata: { ...metadata, name: 'conf' }, data }
      }
      case 'Ingress':
        return {
          apiVersion: 'networking.k8s.io/v1',
          kind,
          metadata,
          spec: {
            rules: [
              { http: { paths: [{ path: '/', backend: { service: { name: this.#pick(names), port: { number: 80 } } } }] } },
            ],
          },
        }
      case 'RoleBinding':
        return {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind,
          metadata,
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
          subjects: [{ kind: 'ServiceAccount', name: this.#pick(['default', 'web']), namespace: this.#pick(namespaces) }],
        }
      case 'HorizontalPodAutoscaler':
        return {
          apiVersion: 'autoscaling/v2',
          kind,
          metadata,
          spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: this.#pick(names) } },
        }
      case 'Namespace':
        return { apiVersion: 'v1', kind, metadata: { name: this.#pick(namespaces) } }
      default:
        return {
          apiVersion: 'example.com/v1',
          kind,
          metadata,
          spec: {
            list: ['a', 'b'],
            items: [
              { name: 'a', v: 1 },
              { name: 'b', v: this.#pick(texts) },
            ],
            extra: { n: 1.5, big: 12345678901 },
          },
        }
    }
  }

  #workload(kind: string, name: string): Data {
    const container = {
      name: 'main',
      image: this.#pick(['nginx:1.27', 'registry.io/team/app', 'busybox@sha256:def', 'nginx']),
      args: ['--name', '$(VALUE)'],
      env: [
        { name: 'MODE', value: this.#pick(texts) },
        { name: 'REF', valueFrom: { configMapKeyRef: { name: this.#pick(['settings', 'conf']), key: 'K0' } } },
      ],
      envFrom: [{ secretRef: { name: 'settings' } }],
      ports: [{ containerPort: 80 }],
      volumeMounts: [{ name: 'data', mountPath: '/data' }],
    }
    const labels = { app: name }
    const template = {
      metadata: { labels },
      spec: {
        containers: [container, ...(this.#maybe(0.3) ? [{ name: 'side', image: 'busybox' }] : [])],
        volumes: [{ name: 'data', configMap: { name: 'settings' } }],
      },
    }
    return {
      ...(this.#maybe(0.5) ? { replicas: 1 } : {}),
      selector: { matchLabels: labels },
      ...(kind === 'StatefulSet' ? { serviceName: name, volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: {} }] } : {}),
      template,
    }
  }
}

function kindOf(field: string): string {
  if (field.startsWith('data.')) return 'Conf.*'
  return field.startsWith('spec.template') ? 'Deployment|Stateful.*' : field.startsWith('spec.') ? 'Widget' : '.*'
}

function nameOf(object: Data): unknown {
  return (object['metadata'] as Data)['name']
}

/** JSON is YAML: strings stay strings. Keys are on lines of their own, so that a diff of two files can be read. */
function toYaml(value: unknown): string {
  return `${JSON.stringify(value, null, 2).replace(/^\[/, '[')}\n`
}
