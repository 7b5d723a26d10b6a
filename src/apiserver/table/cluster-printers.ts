import type { KubeObject } from '../../kube/object/kube-object.js'
import { at, listAt, mapAt, numberAt, orElse, textAt } from './fields.js'
import { ageOf, humanDuration } from './human-duration.js'
import { definePrinter, type TablePrinter } from './printer.js'

const age = (object: KubeObject, now: number) => ageOf(object.metadata.creationTimestamp, now)
const count = (value: unknown) => Object.keys(mapAt(value)).length

function nodeStatus(node: KubeObject): string {
  const ready = listAt(node, 'status', 'conditions').find((condition) => textAt(condition, 'type') === 'Ready')
  const state = ready === undefined ? 'Unknown' : textAt(ready, 'status') === 'True' ? 'Ready' : 'NotReady'
  return at(node, 'spec', 'unschedulable') === true ? `${state},SchedulingDisabled` : state
}

function nodeRoles(node: KubeObject): string {
  const prefix = 'node-role.kubernetes.io/'
  const roles = new Set<string>()
  for (const [key, value] of Object.entries(node.metadata.labels ?? {})) {
    if (key.startsWith(prefix) && key.length > prefix.length) roles.add(key.slice(prefix.length))
    else if (key === 'kubernetes.io/role' && value !== '') roles.add(value)
  }
  return orElse([...roles].sort().join(','), '<none>')
}

function nodeAddress(node: KubeObject, type: string): string {
  const address = listAt(node, 'status', 'addresses').find((candidate) => textAt(candidate, 'type') === type)
  return orElse(textAt(address, 'address'), '<none>')
}

function accessModes(object: KubeObject, ...path: string[]): string {
  const short: Record<string, string> = {
    ReadWriteOnce: 'RWO',
    ReadOnlyMany: 'ROX',
    ReadWriteMany: 'RWX',
    ReadWriteOncePod: 'RWOP',
  }
  return listAt(object, ...path)
    .map(String)
    .map((mode) => (Object.hasOwn(short, mode) ? short[mode] : mode))
    .join(',')
}

/** An Event of either group: they name the same things differently. */
function eventCells(event: KubeObject, now: number): unknown[] {
  const target = at(event, 'involvedObject') ?? at(event, 'regarding')
  const kind = textAt(target, 'kind').toLowerCase()
  const name = textAt(target, 'name')
  const firstTime = at(event, 'firstTimestamp') ?? at(event, 'deprecatedFirstTimestamp')
  const first = ageOf(firstTime ?? at(event, 'eventTime'), now)
  const lastTime = at(event, 'lastTimestamp') ?? at(event, 'deprecatedLastTimestamp')
  const series = at(event, 'series')
  const seen = series === undefined ? lastTime : at(series, 'lastObservedTime')
  const times = series === undefined ? numberAt(event, 'count') || numberAt(event, 'deprecatedCount') : numberAt(series, 'count')
  const source = at(event, 'source') ?? at(event, 'deprecatedSource')
  const component = textAt(source, 'component') || textAt(event, 'reportingComponent') || textAt(event, 'reportingController')
  const host = textAt(source, 'host') || textAt(event, 'reportingInstance')
  return [
    seen === undefined ? first : ageOf(seen, now),
    textAt(event, 'type'),
    textAt(event, 'reason'),
    name === '' ? kind : `${kind}/${name}`,
    textAt(target, 'fieldPath'),
    host === '' ? component : `${component}, ${host}`,
    (textAt(event, 'message') || textAt(event, 'note')).trim(),
    first,
    times || 1,
    event.metadata.name,
  ]
}

const eventPrinter = definePrinter('Last Seen|Type|Reason|Object|Subobject+|Source+|Message|First Seen+|Count+|Name+', eventCells)

/** Nodes, namespaces, configuration and storage, by group resource. */
export const clusterPrinters: Readonly<Record<string, TablePrinter>> = {
  nodes: definePrinter(
    'Name|Status|Roles|Age|Version|Internal-IP+|External-IP+|OS-Image+|Kernel-Version+|Container-Runtime+',
    (object, now) => [
      object.metadata.name,
      nodeStatus(object),
      nodeRoles(object),
      age(object, now),
      textAt(object, 'status', 'nodeInfo', 'kubeletVersion'),
      nodeAddress(object, 'InternalIP'),
      nodeAddress(object, 'ExternalIP'),
      orElse(textAt(object, 'status', 'nodeInfo', 'osImage'), '<unknown>'),
      orElse(textAt(object, 'status', 'nodeInfo', 'kernelVersion'), '<unknown>'),
      orElse(textAt(object, 'status', 'nodeInfo', 'containerRuntimeVersion'), '<unknown>'),
    ],
  ),
  events: eventPrinter,
  'events.events.k8s.io': eventPrinter,
  namespaces: definePrinter('Name|Status|Age', (object, now) => [
    object.metadata.name,
    textAt(object, 'status', 'phase'),
    age(object, now),
  ]),
  secrets: definePrinter('Name|Type|Data|Age', (object, now) => [
    object.metadata.name,
    textAt(object, 'type'),
    count(object['data']),
    age(object, now),
  ]),
  configmaps: definePrinter('Name|Data|Age', (object, now) => [
    object.metadata.name,
    count(object['data']) + count(object['binaryData']),
    age(object, now),
  ]),
  serviceaccounts: definePrinter('Name|Secrets|Age', (object, now) => [
    object.metadata.name,
    listAt(object, 'secrets').length,
    age(object, now),
  ]),
  resourcequotas: definePrinter('Name|Request|Limit|Age', (object, now) => {
    const used = mapAt(object, 'status', 'used')
    const parts: Record<'request' | 'limit', string[]> = { request: [], limit: [] }
    for (const [name, hard] of Object.entries(mapAt(object, 'status', 'hard')).sort(([a], [b]) => (a < b ? -1 : 1))) {
      parts[name.startsWith('limits') ? 'limit' : 'request'].push(`${name}: ${String(used[name] ?? '0')}/${String(hard)}`)
    }
    return [object.metadata.name, parts.request.join(', '), parts.limit.join(', '), age(object, now)]
  }),
  componentstatuses: definePrinter('Name|Status|Message|Error', (object) => {
    const healthy = listAt(object, 'conditions').find((condition) => textAt(condition, 'type') === 'Healthy')
    const state = textAt(healthy, 'status')
    return [
      object.metadata.name,
      state === 'True' ? 'Healthy' : state === 'False' ? 'Unhealthy' : 'Unknown',
      textAt(healthy, 'message'),
      textAt(healthy, 'error'),
    ]
  }),
  persistentvolumes: definePrinter(
    'Name|Capacity|Access Modes|Reclaim Policy|Status|Claim|StorageClass|VolumeAttributesClass|Reason|Age|VolumeMode+',
    (object, now) => {
      const claim = at(object, 'spec', 'claimRef')
      return [
        object.metadata.name,
        textAt(object, 'spec', 'capacity', 'storage'),
        accessModes(object, 'spec', 'accessModes'),
        textAt(object, 'spec', 'persistentVolumeReclaimPolicy'),
        object.metadata.deletionTimestamp ? 'Terminating' : textAt(object, 'status', 'phase'),
        claim === undefined ? '' : `${textAt(claim, 'namespace')}/${textAt(claim, 'name')}`,
        textAt(object, 'spec', 'storageClassName'),
        orElse(textAt(object, 'spec', 'volumeAttributesClassName'), '<unset>'),
        textAt(object, 'status', 'reason'),
        age(object, now),
        orElse(textAt(object, 'spec', 'volumeMode'), '<unset>'),
      ]
    },
  ),
  persistentvolumeclaims: definePrinter(
    'Name|Status|Volume|Capacity|Access Modes|StorageClass|VolumeAttributesClass|Age|VolumeMode+',
    (object, now) => {
      const bound = textAt(object, 'spec', 'volumeName') !== ''
      return [
        object.metadata.name,
        object.metadata.deletionTimestamp ? 'Terminating' : textAt(object, 'status', 'phase'),
        textAt(object, 'spec', 'volumeName'),
        bound ? textAt(object, 'status', 'capacity', 'storage') : '',
        bound ? accessModes(object, 'status', 'accessModes') : '',
        textAt(object, 'spec', 'storageClassName'),
        orElse(textAt(object, 'spec', 'volumeAttributesClassName'), '<unset>'),
        age(object, now),
        orElse(textAt(object, 'spec', 'volumeMode'), '<unset>'),
      ]
    },
  ),
  'storageclasses.storage.k8s.io': definePrinter(
    'Name|Provisioner|ReclaimPolicy|VolumeBindingMode|AllowVolumeExpansion|Age',
    (object, now) => {
      const standard = object.metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true'
      return [
        standard ? `${object.metadata.name} (default)` : object.metadata.name,
        textAt(object, 'provisioner'),
        orElse(textAt(object, 'reclaimPolicy'), 'Delete'),
        orElse(textAt(object, 'volumeBindingMode'), 'Immediate'),
        at(object, 'allowVolumeExpansion') === true,
        age(object, now),
      ]
    },
  ),
  'csinodes.storage.k8s.io': definePrinter('Name|Drivers:integer|Age', (object, now) => [
    object.metadata.name,
    listAt(object, 'spec', 'drivers').length,
    age(object, now),
  ]),
  'csidrivers.storage.k8s.io': definePrinter(
    'Name|AttachRequired:boolean|PodInfoOnMount:boolean|StorageCapacity:boolean|TokenRequests|RequiresRepublish:boolean|Modes|Age',
    (object, now) => {
      const spec = mapAt(at(object, 'spec'))
      const audiences = listAt(object, 'spec', 'tokenRequests').map((request) => textAt(request, 'audience'))
      return [
        object.metadata.name,
        spec['attachRequired'] !== false,
        spec['podInfoOnMount'] === true,
        spec['storageCapacity'] === true,
        orElse(audiences.join(','), '<unset>'),
        spec['requiresRepublish'] === true,
        orElse(listAt(object, 'spec', 'volumeLifecycleModes').map(String).join(','), '<none>'),
        age(object, now),
      ]
    },
  ),
  'volumeattachments.storage.k8s.io': definePrinter('Name|Attacher|PV|Node|Attached:boolean|Age', (object, now) => [
    object.metadata.name,
    textAt(object, 'spec', 'attacher'),
    textAt(object, 'spec', 'source', 'persistentVolumeName'),
    textAt(object, 'spec', 'nodeName'),
    at(object, 'status', 'attached') === true,
    age(object, now),
  ]),
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': definePrinter(
    'Name|Type|NominalConcurrencyShares|Queues|HandSize|QueueLengthLimit|Age',
    (object, now) => {
      const limited = at(object, 'spec', 'limited') ?? at(object, 'spec', 'exempt')
      const queuing = at(limited, 'limitResponse', 'queuing')
      return [
        object.metadata.name,
        textAt(object, 'spec', 'type'),
        at(limited, 'nominalConcurrencyShares') ?? '<none>',
        at(queuing, 'queues') ?? '<none>',
        at(queuing, 'handSize') ?? '<none>',
        at(queuing, 'queueLengthLimit') ?? '<none>',
        age(object, now),
      ]
    },
  ),
  'leases.coordination.k8s.io': definePrinter('Name|Holder|Age', (object, now) => [
    object.metadata.name,
    textAt(object, 'spec', 'holderIdentity'),
    age(object, now),
  ]),
  'priorityclasses.scheduling.k8s.io': definePrinter(
    'Name|Value:integer|Global-Default:boolean|Age|PreemptionPolicy',
    (object, now) => [
      object.metadata.name,
      numberAt(object, 'value'),
      at(object, 'globalDefault') === true,
      age(object, now),
      orElse(textAt(object, 'preemptionPolicy'), 'PreemptLowerPriority'),
    ],
  ),
  'runtimeclasses.node.k8s.io': definePrinter('Name|Handler|Age', (object, now) => [
    object.metadata.name,
    textAt(object, 'handler'),
    age(object, now),
  ]),
  'certificatesigningrequests.certificates.k8s.io': definePrinter(
    'Name|Age|SignerName|Requestor|RequestedDuration|Condition',
    (object, now) => {
      const has = (type: string) => listAt(object, 'status', 'conditions').some((item) => textAt(item, 'type') === type)
      const state = has('Denied') ? ['Denied'] : has('Approved') ? ['Approved'] : []
      if (has('Failed')) state.push('Failed')
      if (textAt(object, 'status', 'certificate') !== '') state.push('Issued')
      const seconds = at(object, 'spec', 'expirationSeconds')
      return [
        object.metadata.name,
        age(object, now),
        orElse(textAt(object, 'spec', 'signerName'), '<none>'),
        textAt(object, 'spec', 'username'),
        typeof seconds === 'number' ? humanDuration(seconds * 1000) : '<none>',
        state.length === 0 ? 'Pending' : state.join(','),
      ]
    },
  ),
}
