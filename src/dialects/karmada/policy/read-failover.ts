import type { FailoverRules, PreserveState, PurgeMode } from '../../../delivery/federation/contract.js'
import type { Taint, Toleration } from '../../../delivery/placement/contract.js'
import { tolerates } from '../../../delivery/placement/filters/taints.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { type Fields, numberAt, objectAt, objectsAt, textAt } from '../fields.js'

const defaultGraceSeconds = 600
/** As long as Kubernetes tolerates a silent node; for policies that ask for failover without a taint policy. */
const usualSilence = { toleratedSeconds: 300 }

/** `spec.failover`. NoExecute taints count with and without it; what an unhealthy application does, only where it is told. */
export function readFailover(
  failover: Fields | undefined,
  silence?: { readonly toleratedSeconds: number },
  preserved: (preservation: Fields | undefined) => PreserveState | undefined = () => undefined,
): FailoverRules {
  const application = objectAt(failover, 'application')
  const cluster = objectAt(failover, 'cluster')
  const preserving = (behaviour: Fields | undefined) => {
    const preserve = preserved(objectAt(behaviour, 'statePreservation'))
    return preserve === undefined ? {} : { preserve }
  }
  return {
    cluster: {
      purge: readPurge(textAt(cluster, 'purgeMode')),
      graceSeconds: defaultGraceSeconds,
      ...(silence === undefined && cluster === undefined ? {} : { silence: silence ?? usualSilence }),
      ...preserving(cluster),
    },
    ...(application === undefined
      ? {}
      : {
          application: {
            toleratedSeconds: numberAt(application, 'decisionConditions', 'tolerationSeconds') ?? 300,
            purge: readPurge(textAt(application, 'purgeMode')),
            graceSeconds: numberAt(application, 'gracePeriodSeconds') ?? defaultGraceSeconds,
            ...preserving(application),
          },
        }),
  }
}

/** `Immediately` and `Graciously` are older names. */
export function readPurge(mode: string): PurgeMode {
  if (mode === 'Directly' || mode === 'Immediately') return 'Directly'
  return mode === 'Never' ? 'Never' : 'Gracefully'
}

/** As long as Karmada waits before a cluster that does not answer is not ready. */
const failureSeconds = 30

/**
 * How long a silent cluster is put up with: by ClusterTaintPolicies that put a NoExecute taint on clusters that are not ready, and by what
 * is tolerated of it. Undefined: forever, as no policy says so, or all is tolerated.
 */
export function readSilence(
  taintPolicies: readonly KubeObject[],
  tolerations: readonly Fields[],
): { toleratedSeconds: number } | undefined {
  let least = Number.POSITIVE_INFINITY
  for (const policy of taintPolicies) {
    const onReady = objectsAt(policy, 'spec', 'addOnConditions').some((each) => each['conditionType'] === 'Ready')
    if (!onReady) continue
    for (const each of objectsAt(policy, 'spec', 'taints')) {
      const taint: Taint = { key: textAt(each, 'key'), value: textAt(each, 'value'), effect: textAt(each, 'effect') }
      if (taint.effect !== 'NoExecute') continue
      const tolerated = tolerations.filter((one) => tolerates(one as Toleration, taint))
      const seconds = tolerated.map((one) => numberAt(one, 'tolerationSeconds') ?? Number.POSITIVE_INFINITY)
      least = Math.min(least, failureSeconds + (seconds.length === 0 ? 0 : Math.min(...seconds)))
    }
  }
  return Number.isFinite(least) ? { toleratedSeconds: least } : undefined
}
