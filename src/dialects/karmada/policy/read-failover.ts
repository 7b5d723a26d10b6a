import type { FailoverRules, PurgeMode } from '../../../delivery/federation/contract.js'
import { type Fields, numberAt, objectAt, textAt } from '../fields.js'

const defaultGraceSeconds = 600

/** `spec.failover`. NoExecute taints count with and without it; what an unhealthy application does, only where it is told. */
export function readFailover(failover: Fields | undefined): FailoverRules {
  const application = objectAt(failover, 'application')
  const cluster = objectAt(failover, 'cluster')
  return {
    cluster: {
      purge: readPurge(textAt(cluster, 'purgeMode')),
      graceSeconds: defaultGraceSeconds,
      // Upstream's taints for silence are tolerated for 300 s.
      ...(cluster === undefined ? {} : { silence: { toleratedSeconds: 300 } }),
    },
    ...(application === undefined
      ? {}
      : {
          application: {
            toleratedSeconds: numberAt(application, 'decisionConditions', 'tolerationSeconds') ?? 300,
            purge: readPurge(textAt(application, 'purgeMode')),
            graceSeconds: numberAt(application, 'gracePeriodSeconds') ?? defaultGraceSeconds,
          },
        }),
  }
}

/** `Immediately` and `Graciously` are older names. */
export function readPurge(mode: string): PurgeMode {
  if (mode === 'Directly' || mode === 'Immediately') return 'Directly'
  return mode === 'Never' ? 'Never' : 'Gracefully'
}
