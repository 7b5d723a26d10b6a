import { normalizeGitUrl } from '../../../delivery/source/git-url.js'
import { compilePathGlob, matchGlob } from '../../../formats/glob/plain-glob.js'
import type { AppProject, GroupKind } from '../kinds/app-project.js'

// What a project allows. Pure; a malformed pattern matches nothing.

/** Globs on the repository, `*` staying within a path element; a `!` in front denies and wins. */
export function permitsSource(project: AppProject, repoURL: string): boolean {
  const url = normalizeGitUrl(repoURL)
  const matches = (pattern: string) => pattern === '*' || quietly(() => compilePathGlob(normalizePattern(pattern))(url))
  return decide(project.spec.sourceRepos ?? [], matches)
}

function normalizePattern(pattern: string): string {
  return pattern.replace(/\/+$/, '').replace(/\.git$/, '')
}

export interface ProjectDestination {
  readonly server: string
  readonly name: string
  readonly namespace: string
  /** The project that the cluster belongs to, '' for none. */
  readonly clusterProject: string
}

/** Rules name clusters by server or by name, and namespaces; all with globs, `!` denies and wins. */
export function permitsDestination(project: AppProject, destination: ProjectDestination): boolean {
  if (project.spec.permitOnlyProjectScopedClusters && destination.clusterProject !== project.metadata.name) return false
  let allowed = false
  for (const rule of project.spec.destinations ?? []) {
    const server =
      rule.server !== undefined && rule.server !== '' ? part(rule.server, destination.server.replace(/\/+$/, '')) : undefined
    const name = rule.name !== undefined && rule.name !== '' ? part(rule.name, destination.name) : undefined
    const cluster = server ?? name
    const namespace = part(rule.namespace ?? '', destination.namespace)
    if (cluster === undefined) continue
    if (cluster.denies || namespace.denies) {
      // A denied namespace denies on the clusters that the rule is for, a denied cluster for the namespaces it is for.
      if (cluster.matches && namespace.matches) return false
    } else if (cluster.matches && namespace.matches) allowed = true
  }
  return allowed
}

function part(pattern: string, text: string): { denies: boolean; matches: boolean } {
  const denies = pattern.startsWith('!')
  const glob = denies ? pattern.slice(1) : pattern
  return { denies, matches: quietly(() => matchGlob(glob.replace(/(?<=.)\/+$/, ''), text)) }
}

/** Cluster-scoped kinds are refused unless listed; namespaced ones allowed unless listed. Deny lists win. */
export function permitsResource(
  project: AppProject,
  object: { group: string; kind: string; name: string },
  namespaced: boolean,
): boolean {
  const { spec } = project
  const listed = (list: readonly GroupKind[] | undefined) => (list ?? []).some((entry) => matchesKind(entry, object))
  if (namespaced) {
    if (listed(spec.namespaceResourceBlacklist)) return false
    return spec.namespaceResourceWhitelist === undefined || listed(spec.namespaceResourceWhitelist)
  }
  if (listed(spec.clusterResourceBlacklist)) return false
  return listed(spec.clusterResourceWhitelist)
}

function matchesKind(entry: GroupKind, object: { group: string; kind: string; name: string }): boolean {
  return (
    quietly(() => matchGlob(entry.group ?? '', object.group)) &&
    quietly(() => matchGlob(entry.kind ?? '', object.kind)) &&
    (!entry.name || quietly(() => matchGlob(entry.name!, object.name)))
  )
}

/** Applications outside of the control plane's namespace must be let in by their project. */
export function permitsNamespace(project: AppProject, applicationNamespace: string): boolean {
  if (applicationNamespace === project.metadata.namespace) return true
  return (project.spec.sourceNamespaces ?? []).some((pattern) => quietly(() => matchGlob(pattern, applicationNamespace)))
}

function decide(patterns: readonly string[], matches: (pattern: string) => boolean): boolean {
  if (patterns.some((pattern) => pattern.startsWith('!') && matches(pattern.slice(1)))) return false
  return patterns.some((pattern) => !pattern.startsWith('!') && matches(pattern))
}

function quietly(test: () => boolean): boolean {
  try {
    return test()
  } catch {
    return false
  }
}
