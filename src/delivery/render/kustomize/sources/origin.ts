import { formatYaml } from '../../../../formats/yaml/format-yaml.js'
import { parseYaml } from '../../../../formats/yaml/parse-yaml.js'
import { originKey, type Resource } from '../resources/resource.js'
import { joinPath } from './loader.js'
import { parseRepositoryUrl } from './repository-url.js'

/** Where a resource comes from, as the annotation `config.kubernetes.io/origin` says it. */
export interface Origin {
  readonly path?: string
  readonly repo?: string
  readonly ref?: string
  readonly configuredIn?: string
  readonly configuredBy?: {
    readonly apiVersion: string
    readonly kind: string
    readonly name?: string
    readonly namespace?: string
  }
}

/** What tools that read and write resources note in them, and kustomize itself while it builds: none of it is in the output. */
const passing: readonly string[] = [
  ...['config.kubernetes.io/index', 'config.kubernetes.io/path', 'config.k8s.io/id'],
  ...[
    ...['index', 'path', 'id', 'seqindent', 'annotations-migration-resource-id', 'refBy', 'prefixes', 'suffixes'],
    ...['previousNames', 'previousKinds', 'previousNamespaces', 'generatorBehavior', 'needsHashSuffix'],
    ...['allowNameChange', 'allowKindChange'],
  ].map((name) => `internal.config.kubernetes.io/${name}`),
]

const transformationsKey = 'alpha.config.kubernetes.io/transformations'

export function originBelow(origin: Origin, path: string): Origin {
  const remote = parseRepositoryUrl(path)
  if (remote !== undefined) {
    const { ref: _, ...rest } = origin
    return { ...rest, path: remote.path, repo: remote.repository, ...(remote.ref === '' ? {} : { ref: remote.ref }) }
  }
  const base = (origin.path ?? '').split('/').filter((part) => part !== '')
  const parts = path.split('/')
  // Paths are relative to the directory of the build and may lead out of it.
  for (const part of parts) {
    if (part === '' || part === '.') continue
    if (part === '..' && base.length > 0 && base[base.length - 1] !== '..') base.pop()
    else base.push(part)
  }
  return { ...origin, path: joinPath('', base.join('/')) ?? base.join('/') }
}

export function addOrigin(resource: Resource, origin: Origin): void {
  const annotations = resource.annotations()
  if (annotations[originKey] !== undefined) return
  resource.setMetadataMap('annotations', { ...annotations, [originKey]: format(origin) })
}

/** Notes that a transformer has worked on the resource; one without an origin counts as made by it. */
export function addTransformation(resource: Resource, origin: Origin): void {
  const annotations = resource.annotations()
  if (annotations[originKey] === undefined) {
    addOrigin(resource, origin)
    return
  }
  const earlier = annotations[transformationsKey]
  const list = earlier === undefined ? [] : (parseYaml(earlier) as unknown[])
  resource.setMetadataMap('annotations', { ...annotations, [transformationsKey]: format([...list, ordered(origin)]) })
}

/** What the build does not ask for is taken out again; all annotations are text in the end. */
export function finishAnnotations(resource: Resource, buildMetadata: readonly string[]): void {
  const metadata = resource.metadata()
  if (metadata?.['annotations'] === undefined) return
  const annotations = resource.annotations()
  for (const key of passing) delete annotations[key]
  if (!buildMetadata.includes('originAnnotations')) delete annotations[originKey]
  if (!buildMetadata.includes('transformerAnnotations')) delete annotations[transformationsKey]
  resource.setMetadataMap('annotations', annotations)
}

function format(value: unknown): string {
  return formatYaml(Array.isArray(value) ? value : ordered(value as Origin), { keys: 'given', width: Number.POSITIVE_INFINITY })
}

function ordered(origin: Origin): Origin {
  const { path, repo, ref, configuredIn, configuredBy } = origin
  return {
    ...(path === undefined || path === '' ? {} : { path }),
    ...(repo === undefined ? {} : { repo }),
    ...(ref === undefined ? {} : { ref }),
    ...(configuredIn === undefined ? {} : { configuredIn }),
    ...(configuredBy === undefined ? {} : { configuredBy }),
  }
}
