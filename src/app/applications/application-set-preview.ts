import { homedir } from 'node:os'
import { join } from 'node:path'
import { toCluster } from '../../areas/agent/hub/agent-cluster-source.js'
import { UsageError } from '../../base/errors.js'
import { silentLog } from '../../base/log.js'
import type { SourceCredentials } from '../../delivery/source/contract.js'
import { decideApplicationSet } from '../../dialects/argo-cd/application-set/decide-application-set.js'
import { createDecisionResources } from '../../dialects/argo-cd/application-set/decision-resources.js'
import { generateApplications } from '../../dialects/argo-cd/application-set/generate-applications.js'
import { parseClusterSecret } from '../../dialects/argo-cd/cluster-secret/parse-cluster-secret.js'
import type { AppProject } from '../../dialects/argo-cd/kinds/app-project.js'
import type { Application } from '../../dialects/argo-cd/kinds/application.js'
import type { ApplicationSet } from '../../dialects/argo-cd/kinds/application-set.js'
import { applicationSetType, applicationType, appProjectType } from '../../dialects/argo-cd/kinds/resource-types.js'
import { repositorySecretSelector } from '../../dialects/argo-cd/repository-secret/parse-repository-secret.js'
import { findCredentials } from '../../dialects/argo-cd/repository-secret/repository-credentials.js'
import { applicationSetProfile } from '../../formats/go-template/profiles.js'
import { parseYamlDocuments } from '../../formats/yaml/parse-yaml.js'
import { inClusterServer, normalizeServer } from '../../inventory/in-cluster.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import { isNotFound } from '../../kube/object/status-error.js'
import { openDataDirectory } from '../fleet/data-directory.js'
import { listAgentClusters } from '../fleet/fleet-clusters.js'
import { createHubRepositories } from '../hub/hub-repositories.js'
import { localRepositories } from '../hub/local-repositories.js'
import { secretType } from '../system/core-types.js'
import { systemClock, systemRandom } from '../system/system-ports.js'

/** The fleet as a reading command sees it. */
export interface ReadableFleet {
  readonly hub: KubeClient
  readonly namespace: string
  readonly dataDirectory: string | undefined
}

export interface ApplicationSetPreview {
  readonly applications: readonly Application[]
  /** What is wrong, and what would be held. */
  readonly problems: readonly string[]
  /** Whether a set does not generate as it stands: the controller would change nothing. */
  readonly failed: boolean
  /** By Application name: create, update, delete; unchanged ones are not in it. */
  readonly changes: ReadonlyMap<string, 'create' | 'update' | 'delete'>
}

/** Generates what the ApplicationSets of a file would generate on this fleet now, with the code of the controller. Writes nothing. */
export async function previewApplicationSets(
  fleet: ReadableFleet,
  file: { text: string; path: string },
  env: Readonly<Record<string, string | undefined>>,
): Promise<ApplicationSetPreview> {
  const { hub, namespace } = fleet
  const sets = readApplicationSets(file)
  const [secrets, projects, existing, agents] = await Promise.all([
    hub.list(secretType, { namespace, labelSelector: 'argocd.argoproj.io/secret-type=cluster' }),
    hub.list<AppProject>(appProjectType, { namespace }),
    hub.list<Application>(applicationType, { namespace }),
    listAgentClusters(hub),
  ])
  const pulled = agents.filter((each) => each.spec.approved === true).map(toCluster)
  const clusters = [...secrets.items.map((secret) => parseClusterSecret(secret)), ...pulled].sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )
  const names = new Set(['in-cluster', ...clusters.map((cluster) => cluster.name)])
  const servers = new Set([inClusterServer, ...clusters.map((cluster) => normalizeServer(cluster.server))])
  const projectNames = new Set(projects.items.map((project) => project.metadata.name))
  const repositorySecrets = await hub.list(secretType, {
    namespace,
    labelSelector: repositorySecretSelector,
  })
  const repositories = openReadingRepositories(fleet, env, {
    git: (url) => findCredentials(repositorySecrets.items, url),
    // Application sets generate from Git only.
    charts: () => undefined,
  })
  const applications: Application[] = []
  const problems: string[] = []
  let failed = false
  const changes = new Map<string, 'create' | 'update' | 'delete'>()
  try {
    for (const set of sets) {
      const live = await liveSet(hub, namespace, set)
      const generated = await generateApplications(set, {
        clusters,
        repositories,
        decisions: createDecisionResources(hub, namespace),
        functions: applicationSetProfile({ clock: systemClock, random: systemRandom }),
      })
      const decision = decideApplicationSet({
        appSet: { ...set, metadata: { ...set.metadata, namespace, uid: live?.metadata.uid ?? '' } },
        generated,
        existing: existing.items,
        now: systemClock.now(),
        checks: {
          projectExists: (name) => projectNames.has(name),
          explainDestination: ({ name, server }) =>
            (name ? names.has(name) : servers.has(normalizeServer(server ?? '')))
              ? undefined
              : `there is no cluster with ${name ? `name ${name}` : `server ${server ?? ''}`} in the fleet`,
        },
      })
      applications.push(...generated.applications)
      if (generated.problems.length > 0) failed = true
      for (const problem of generated.problems) problems.push(`${set.metadata.name}: ${problem.message}`)
      for (const warning of decision.warnings) problems.push(`${set.metadata.name}: ${warning}`)
      for (const each of decision.invalid) problems.push(`${set.metadata.name}: ${each.message}`)
      if (decision.hold) problems.push(`${set.metadata.name}: ${decision.hold.message}`)
      for (const each of decision.create) changes.set(each.metadata.name, 'create')
      for (const each of decision.update) changes.set(each.live.metadata.name, 'update')
      for (const each of decision.delete) changes.set(each.application.metadata.name, 'delete')
    }
  } finally {
    repositories.close()
  }
  return { applications, problems, failed, changes }
}

/** Repositories for a command: its own mirrors (two processes must not share them), the fleet's own repositories in place. */
export function openReadingRepositories(
  fleet: Pick<ReadableFleet, 'dataDirectory'>,
  env: Readonly<Record<string, string | undefined>>,
  credentials: SourceCredentials,
) {
  const directory = fleet.dataDirectory === undefined ? undefined : openDataDirectory(fleet.dataDirectory)
  const cache = env.XDG_CACHE_HOME ?? join(env.HOME ?? homedir(), '.cache')
  return createHubRepositories({
    directory: directory?.file('cache/git-commands') ?? join(cache, 'flotilla', 'git-commands'),
    env,
    credentials,
    ...(directory === undefined ? {} : { local: localRepositories(directory) }),
    ports: { clock: systemClock, random: systemRandom, log: silentLog },
  })
}

function readApplicationSets(file: { text: string; path: string }): ApplicationSet[] {
  const sets: ApplicationSet[] = []
  for (const { value, line } of parseYamlDocuments(file.text, { source: file.path })) {
    if (value === null) continue
    const set = value as unknown as ApplicationSet
    if (set.kind !== 'ApplicationSet') continue
    if (!set.metadata?.name || !set.spec) {
      throw new UsageError({
        code: 'bad-application-set',
        message: `${file.path}:${line}: the ApplicationSet has no ${set.spec ? 'metadata.name' : 'spec'}`,
        fix: 'Add it.',
      })
    }
    sets.push(set)
  }
  if (sets.length > 0) return sets
  throw new UsageError({
    code: 'no-application-set',
    message: `there is no ApplicationSet in ${file.path}`,
    fix: 'Name a file with at least one.',
  })
}

async function liveSet(hub: KubeClient, namespace: string, set: ApplicationSet): Promise<ApplicationSet | undefined> {
  try {
    return await hub.get<ApplicationSet>({ type: applicationSetType, namespace, name: set.metadata.name })
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}
