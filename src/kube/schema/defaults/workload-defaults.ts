import { cloneJson } from '../../../base/json.js'
import {
  type Defaulter,
  isMembers,
  isZero,
  type Members,
  type Put,
  putAbsent,
  putZero,
  structAt,
  structsAt,
} from './defaulter.js'

const apps = 'io.k8s.api.apps.v1.'
const batch = 'io.k8s.api.batch.v1.'
const core = 'io.k8s.api.core.v1.'

const deployment: Defaulter = (it, put) => {
  const spec = structAt(it, 'spec', put)
  putAbsent(spec, put, { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 })
  const strategy = structAt(spec, 'strategy', put)
  putZero(strategy, put, { type: 'RollingUpdate' })
  if (strategy['type'] === 'RollingUpdate') {
    putAbsent(structAt(strategy, 'rollingUpdate', put), put, { maxUnavailable: '25%', maxSurge: '25%' })
  }
}

const daemonSet: Defaulter = (it, put) => {
  const spec = structAt(it, 'spec', put)
  putAbsent(spec, put, { revisionHistoryLimit: 10 })
  const strategy = structAt(spec, 'updateStrategy', put)
  putZero(strategy, put, { type: 'RollingUpdate' })
  if (strategy['type'] === 'RollingUpdate') {
    putAbsent(structAt(strategy, 'rollingUpdate', put), put, { maxUnavailable: 1, maxSurge: 0 })
  }
}

const statefulSet: Defaulter = (it, put) => {
  const spec = structAt(it, 'spec', put)
  putZero(spec, put, { podManagementPolicy: 'OrderedReady' })
  putAbsent(spec, put, { replicas: 1, revisionHistoryLimit: 10 })
  const strategy = structAt(spec, 'updateStrategy', put)
  if (isZero(strategy['type'])) {
    put(strategy, 'type', 'RollingUpdate')
    structAt(strategy, 'rollingUpdate', put)
  }
  if (strategy['type'] === 'RollingUpdate' && isMembers(strategy['rollingUpdate'])) {
    putAbsent(strategy['rollingUpdate'], put, { partition: 0 })
  }
  putZero(structAt(spec, 'persistentVolumeClaimRetentionPolicy', put), put, { whenDeleted: 'Retain', whenScaled: 'Retain' })
  for (const template of structsAt(spec, 'volumeClaimTemplates')) {
    if (template['apiVersion'] !== 'v1') put(template, 'apiVersion', 'v1')
    if (template['kind'] !== 'PersistentVolumeClaim') put(template, 'kind', 'PersistentVolumeClaim')
  }
}

const job: Defaulter = (it, put) => {
  const spec = structAt(it, 'spec', put)
  const isSet = (key: string) => spec[key] !== undefined && spec[key] !== null
  // A job that says neither how many runs it wants nor how many at once is one run.
  if (!isSet('completions') && !isSet('parallelism')) put(spec, 'completions', 1)
  putAbsent(spec, put, {
    parallelism: 1,
    backoffLimit: isSet('backoffLimitPerIndex') ? 2_147_483_647 : 6,
    completionMode: 'NonIndexed',
    suspend: false,
    podReplacementPolicy: isSet('podFailurePolicy') ? 'Failed' : 'TerminatingOrFailed',
    manualSelector: false,
  })
  takeLabels(it, spec, put)
  const policy = spec['podFailurePolicy']
  if (!isMembers(policy)) return
  for (const rule of structsAt(policy, 'rules')) {
    for (const pattern of structsAt(rule, 'onPodConditions')) putZero(pattern, put, { status: 'True' })
  }
}

/** The labels of the template stand in for those of the object when it has none. */
function takeLabels(it: Members, spec: Members, put: Put): Members | undefined {
  const template = spec['template']
  const metadata = isMembers(template) ? template['metadata'] : undefined
  const labels = isMembers(metadata) ? metadata['labels'] : undefined
  if (!isMembers(labels) || Object.keys(labels).length === 0) return undefined
  const own = structAt(it, 'metadata', put)
  if (!isMembers(own['labels']) || Object.keys(own['labels']).length === 0) put(own, 'labels', cloneJson(labels))
  return labels
}

const replicationController: Defaulter = (it, put) => {
  const spec = structAt(it, 'spec', put)
  const labels = takeLabels(it, spec, put)
  if (labels !== undefined && (!isMembers(spec['selector']) || Object.keys(spec['selector']).length === 0)) {
    put(spec, 'selector', cloneJson(labels))
  }
}

/** Defaults of the kinds that make Pods, by the OpenAPI name of the struct. */
export const workloadDefaults: Readonly<Record<string, Defaulter>> = {
  [`${apps}Deployment`]: deployment,
  [`${apps}DaemonSet`]: daemonSet,
  [`${apps}StatefulSet`]: statefulSet,
  [`${apps}ReplicaSet`]: (it, put) => putAbsent(structAt(it, 'spec', put), put, { replicas: 1 }),
  [`${batch}Job`]: job,
  [`${batch}CronJob`]: (it, put) => {
    const spec = structAt(it, 'spec', put)
    putZero(spec, put, { concurrencyPolicy: 'Allow' })
    putAbsent(spec, put, { suspend: false, successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 })
  },
  [`${core}ReplicationController`]: replicationController,
}
