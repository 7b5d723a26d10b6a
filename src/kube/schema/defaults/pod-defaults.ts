import { isNumber } from '../../../base/json-text.js'
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
import { imageTag } from './image-tag.js'

const core = 'io.k8s.api.core.v1.'

const container: Defaulter = (it, put) => {
  putZero(it, put, {
    imagePullPolicy: imageTag(typeof it['image'] === 'string' ? it['image'] : '') === 'latest' ? 'Always' : 'IfNotPresent',
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
  })
}

const podSpec: Defaulter = (it, put) => {
  putZero(it, put, { dnsPolicy: 'ClusterFirst', restartPolicy: 'Always', schedulerName: 'default-scheduler' })
  putAbsent(it, put, { securityContext: {}, terminationGracePeriodSeconds: 30 })
  // The old name of the field is kept in step by the conversions.
  const account = it['serviceAccountName']
  if (!isZero(account)) {
    if (it['serviceAccount'] !== account) put(it, 'serviceAccount', account)
  } else if (!isZero(it['serviceAccount'])) put(it, 'serviceAccountName', it['serviceAccount'])
}

/** The conversions keep the first address and the list of them in step; the list counts. */
const podStatus: Defaulter = (it, put) => {
  const [first] = structsAt(it, 'podIPs')
  if (first !== undefined) {
    if (it['podIP'] !== first['ip']) put(it, 'podIP', first['ip'])
  } else if (!isZero(it['podIP'])) put(it, 'podIPs', [{ ip: it['podIP'] }])
}

/** A Pod alone, not a template: requests follow limits, host ports follow container ports. */
const pod: Defaulter = (it, put) => {
  const spec = structAt(it, 'spec', put)
  const containers = [...structsAt(spec, 'containers'), ...structsAt(spec, 'initContainers')]
  for (const one of containers) requestsFromLimits(one, put)
  putAbsent(spec, put, { enableServiceLinks: true })
  const grace = spec['terminationGracePeriodSeconds']
  if (isNumber(grace) && grace < 0) put(spec, 'terminationGracePeriodSeconds', 1)
  if (spec['hostNetwork'] !== true) return
  for (const one of containers) {
    for (const port of structsAt(one, 'ports'))
      if (!isZero(port['containerPort'])) putZero(port, put, { hostPort: port['containerPort'] })
  }
}

function requestsFromLimits(one: Members, put: Put): void {
  const resources = one['resources']
  if (!isMembers(resources) || !isMembers(resources['limits']) || Object.keys(resources['limits']).length === 0) return
  putAbsent(structAt(resources, 'requests', put), put, resources['limits'])
}

/** The members of a Volume that say what it is. */
const volume: Defaulter = (it, put) => {
  const hasSource = Object.keys(it).some((key) => key !== 'name' && it[key] !== null && it[key] !== undefined)
  if (!hasSource) put(it, 'emptyDir', {})
}

const mode: Defaulter = (it, put) => putAbsent(it, put, { defaultMode: 0o644 })

/** Defaults of Pods and of what Pods are made of, by the OpenAPI name of the struct. */
export const podDefaults: Readonly<Record<string, Defaulter>> = {
  [`${core}Pod`]: pod,
  [`${core}PodSpec`]: podSpec,
  [`${core}PodStatus`]: podStatus,
  [`${core}Container`]: container,
  [`${core}EphemeralContainer`]: container,
  [`${core}Volume`]: volume,
  [`${core}SecretVolumeSource`]: mode,
  [`${core}ConfigMapVolumeSource`]: mode,
  [`${core}DownwardAPIVolumeSource`]: mode,
  [`${core}ProjectedVolumeSource`]: mode,
  [`${core}HostPathVolumeSource`]: (it, put) => putAbsent(it, put, { type: '' }),
  [`${core}ServiceAccountTokenProjection`]: (it, put) => putAbsent(it, put, { expirationSeconds: 3600 }),
  [`${core}ObjectFieldSelector`]: (it, put) => putZero(it, put, { apiVersion: 'v1' }),
  [`${core}HTTPGetAction`]: (it, put) => putZero(it, put, { path: '/', scheme: 'HTTP' }),
  [`${core}Probe`]: (it, put) =>
    putZero(it, put, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 }),
}
