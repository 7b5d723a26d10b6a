import type { KubeObject } from '../../kube/object/kube-object.js'
import { ciliumAnnotations, namespaceAnnotation } from './annotations.js'

/** What Cilium's annotations on a Service say. */
export interface GlobalService {
  /** Whether its endpoints and those of its namesakes elsewhere make one service. */
  readonly isGlobal: boolean
  /** Whether others get its endpoints. */
  readonly isShared: boolean
  readonly affinity: 'local' | 'remote' | 'none'
  /** Annotations whose values have no meaning, or which do not count. */
  readonly problems: readonly AnnotationProblem[]
}

export interface AnnotationProblem {
  readonly message: string
  readonly fix: string
}

/** Only `true`, in any case, makes a service global; without that the other annotations do not count. */
export function readGlobalService({ metadata: { annotations = {} } }: KubeObject): GlobalService {
  const global = find(annotations, ciliumAnnotations.global)
  const shared = find(annotations, ciliumAnnotations.shared)
  const wanted = find(annotations, ciliumAnnotations.affinity)
  const isGlobal = global?.value.toLowerCase() === 'true'
  const problems: AnnotationProblem[] = []
  for (const found of [global, shared]) {
    if (found === undefined || /^(true|false)$/i.test(found.value)) continue
    problems.push({
      message: `annotation ${found.key} is ${JSON.stringify(found.value)}, which counts as false`,
      fix: `Write "true" or "false" into ${found.key}.`,
    })
  }
  for (const found of [shared, wanted]) {
    if (isGlobal || found === undefined) continue
    problems.push({
      message: `annotation ${found.key} does not count: the service is not global`,
      fix: `Add ${ciliumAnnotations.global[0]}: "true", or remove ${found.key}.`,
    })
  }
  const affinity = readAffinity(wanted?.value ?? '')
  if (affinity === undefined) {
    problems.push({
      message: `annotation ${wanted!.key} is ${JSON.stringify(wanted!.value)}, which Cilium does not know: all clusters count alike`,
      fix: `Write local, remote or none into ${wanted!.key}.`,
    })
  }
  return {
    isGlobal,
    isShared: isGlobal && (shared === undefined || shared.value.toLowerCase() === 'true'),
    affinity: (isGlobal ? affinity : undefined) ?? 'none',
    problems,
  }
}

/** Whether services of the namespace may be exported: they may unless the annotation is there and is not `true`. */
export function isGlobalNamespace(namespace: KubeObject | undefined): boolean {
  const value = namespace?.metadata.annotations?.[namespaceAnnotation]
  return value === undefined || value.toLowerCase() === 'true'
}

function readAffinity(value: string): GlobalService['affinity'] | undefined {
  const lower = value.toLowerCase()
  if (lower === '') return 'none'
  return lower === 'local' || lower === 'remote' || lower === 'none' ? lower : undefined
}

/** The key of today goes before its alias. */
function find(
  annotations: Readonly<Record<string, string>>,
  keys: readonly string[],
): { key: string; value: string } | undefined {
  for (const key of keys) {
    if (Object.hasOwn(annotations, key) && typeof annotations[key] === 'string') return { key, value: annotations[key] }
  }
  return undefined
}
