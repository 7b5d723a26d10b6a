import { parseNodes } from '../../apiserver/members/nodes/instance-types.js'
import { CodedError, UsageError } from '../../base/errors.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import { hasReason, isNotFound } from '../../kube/object/status-error.js'
import { type EmbeddedCluster, embeddedClusterType, servedMinors } from './embedded-cluster.js'

const lookEveryMs = 50

/** The minor of `1.33`, `v1.33` or `1.33.2`; refuses those whose kinds this build does not know. */
function minorOf(version: string): string {
  const minor = version.replace(/^v/, '').split('.').slice(0, 2).join('.')
  if (servedMinors.includes(minor)) return minor
  const served = servedMinors.join(' and ')
  throw new UsageError({
    code: 'bad-cluster-option',
    message: `--version ${version}: embedded clusters are of Kubernetes ${served}; this build knows the kinds of no other minor version`,
    fix: `Leave --version out, or use ${served}. For another version register a cluster of your own: flotilla cluster add.`,
  })
}

/** Makes an EmbeddedCluster on the hub and waits until it answers. */
export async function createEmbeddedCluster(
  hub: KubeClient,
  options: {
    name: string
    profile: string
    version?: string
    nodes?: string
    address: string
    /** Reached by its agent alone. */
    pull?: boolean
    labels: Record<string, string>
    dryRun: boolean
    timeoutSeconds: number
  },
): Promise<{ server: string }> {
  const { name, profile, version, nodes } = options
  if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) {
    throw new UsageError({
      code: 'bad-cluster-name',
      message: `"${name}" is no name for a cluster`,
      fix: 'Use lower-case letters, digits and dashes (a DNS label).',
    })
  }
  const choose = <T extends string>(option: string, given: string, known: readonly T[]): T => {
    const found = known.find((each) => each === given)
    if (found !== undefined) return found
    throw new UsageError({
      code: 'bad-cluster-option',
      message: `--${option} ${given}: there is ${known.join(' and ')}`,
      fix: `Use one of them, or leave --${option} out.`,
    })
  }
  if (nodes !== undefined) parseNodes(nodes)
  const minor = version === undefined ? undefined : minorOf(version)
  const cluster: EmbeddedCluster = {
    apiVersion: 'flotilla.dev/v1alpha1',
    kind: 'EmbeddedCluster',
    metadata: { name },
    spec: {
      profile: choose('profile', profile, ['member', 'bare'] as const),
      address: choose('address', options.address, ['port', 'own'] as const) === 'own' ? 'Own' : 'Port',
      ...(minor === undefined ? {} : { version: minor }),
      ...(options.pull ? { reach: 'Pull' as const } : {}),
      ...(nodes === undefined ? {} : { nodes }),
      ...(Object.keys(options.labels).length === 0 ? {} : { labels: options.labels }),
    },
  }
  try {
    await hub.create(embeddedClusterType, cluster, { dryRun: options.dryRun, fieldManager: 'flotilla' })
  } catch (error) {
    throw hasReason(error, 'NotFound') ? notEmbedded() : error
  }
  if (options.dryRun) return { server: '' }
  const end = Date.now() + options.timeoutSeconds * 1000
  for (;;) {
    const { status } = await hub.get<EmbeddedCluster>({ type: embeddedClusterType, name })
    const ready = status?.conditions?.find(({ type }) => type === 'Ready')
    if (ready?.status === 'True') return { server: status?.server ?? '' }
    if (ready?.status === 'False' || Date.now() > end) {
      throw new CodedError({
        code: 'cluster-not-made',
        message: `${name} does not answer: ${ready?.message || `nothing was heard of it within ${options.timeoutSeconds} s`}`,
        fix: `Look at kubectl --context hub get embeddedcluster ${name} -o yaml; take it back with: flotilla cluster delete ${name}`,
      })
    }
    await new Promise((done) => setTimeout(done, lookEveryMs))
  }
}

/** Deletes an EmbeddedCluster and waits until it is gone. */
export async function deleteEmbeddedCluster(
  hub: KubeClient,
  name: string,
  options: { dryRun: boolean; timeoutSeconds: number },
): Promise<void> {
  const target = { type: embeddedClusterType, name }
  try {
    await hub.delete(target, { dryRun: options.dryRun })
  } catch (error) {
    if (!isNotFound(error)) throw error
    throw new CodedError({
      code: 'cluster-not-embedded',
      message: `${name} is no embedded cluster of this fleet`,
      fix: 'A cluster that was added is taken out with `flotilla cluster remove`; embedded ones: kubectl --context hub get embeddedclusters',
    })
  }
  if (options.dryRun) return
  const end = Date.now() + options.timeoutSeconds * 1000
  for (;;) {
    try {
      await hub.get(target)
    } catch (error) {
      if (isNotFound(error)) return
      throw error
    }
    if (Date.now() > end) {
      throw new CodedError({
        code: 'cluster-not-gone',
        message: `${name} is still there after ${options.timeoutSeconds} s`,
        fix: `Look at kubectl --context hub get embeddedcluster ${name} -o yaml.`,
      })
    }
    await new Promise((done) => setTimeout(done, lookEveryMs))
  }
}

function notEmbedded(): CodedError {
  return new CodedError({
    code: 'hub-not-embedded',
    message: 'this hub is not that of an embedded fleet: it makes no clusters',
    fix: 'Use the fleet of `flotilla up`, or add a cluster that there is with `flotilla cluster add`.',
  })
}
