import type { Case, Step } from '../case.js'

const maps = '/api/v1/namespaces/${ns}/configmaps'
const table = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' }
const get = (query: Step['query'] = {}, headers: Step['headers'] = {}, path = maps): Step => ({
  method: 'GET',
  path,
  query: query ?? {},
  headers: headers ?? {},
})
const make = (name: string, labels: Record<string, string> = {}, capture: Step['capture'] = {}): Step => ({
  method: 'POST',
  path: maps,
  body: { metadata: { name, labels }, data: { a: name } },
  silent: true,
  capture: capture ?? {},
})
const five = [
  make('a', { app: 'web', tier: 'front' }, { first: 'metadata.resourceVersion' }),
  make('b', { app: 'web' }),
  make('c', { app: 'db', tier: '' }),
  make('d'),
  make('e', { app: 'web', size: '10' }, { last: 'metadata.resourceVersion' }),
]

const labelSelectors = [
  'app=web',
  'app==web',
  'app!=web',
  'app in (web,db)',
  'app notin (web)',
  'tier',
  '!tier',
  'app=web,tier=front',
  'size>5',
  'size<5',
  'size>x',
  'app in ()',
  'app in (',
  'app=',
  '=web',
  'app=web,',
  ',',
  'app web',
  'app=a b',
  'a/b/c=d',
  'UPPER=ok',
  'app=-bad-',
  '!',
  'x in (a,b',
  'x notin a',
  ' app = web ',
]

const fieldSelectors = [
  'metadata.name=a',
  'metadata.name==a',
  'metadata.name!=a',
  'metadata.name=a,metadata.name=b',
  'metadata.namespace=${ns}',
  'metadata.namespace=other',
  'metadata.uid=1',
  'metadata.name',
  'metadata.name=',
  '=a',
  'metadata.name=a\\,b',
  'metadata.name in (a)',
  'metadata.name=a b',
]

const matrix: Case['steps'] = ['', '0', '${last}', '${first}', 'abc', '-1', '1.5', '99999999999999999999'].flatMap(
  (resourceVersion) =>
    ['', 'Exact', 'NotOlderThan', 'Wrong'].flatMap((resourceVersionMatch) =>
      ['', '2'].map(
        (limit): Step =>
          get(
            Object.fromEntries(
              Object.entries({ resourceVersion, resourceVersionMatch, limit }).filter(([, value]) => value !== ''),
            ),
          ),
      ),
    ),
)

const selectable: readonly (readonly [path: string, fields: readonly string[]])[] = [
  [
    '/api/v1/namespaces/${ns}/pods',
    [
      'spec.nodeName=',
      'spec.restartPolicy=Always',
      'spec.schedulerName=x',
      'spec.serviceAccountName=default',
      'spec.hostNetwork=true',
      'status.phase=Pending',
      'status.podIP=',
      'status.podIPs=',
      'status.nominatedNodeName=',
      'spec.containers=1',
    ],
  ],
  ['/api/v1/namespaces/${ns}/services', ['spec.clusterIP=None', 'spec.type=ClusterIP', 'spec.ports=1']],
  ['/api/v1/namespaces/${ns}/secrets', ['type=Opaque', 'data=1']],
  [
    '/api/v1/namespaces/${ns}/events',
    [
      'involvedObject.kind=Pod',
      'involvedObject.name=p',
      'involvedObject.namespace=${ns}',
      'involvedObject.uid=',
      'involvedObject.apiVersion=v1',
      'involvedObject.resourceVersion=',
      'involvedObject.fieldPath=',
      'reason=x',
      'reportingComponent=x',
      'source=kubelet',
      'type=Normal',
      'count=1',
    ],
  ],
  [
    '/apis/events.k8s.io/v1/namespaces/${ns}/events',
    ['regarding.kind=Pod', 'reportingController=x', 'reason=x', 'involvedObject.kind=Pod', 'metadata.name=a'],
  ],
  ['/api/v1/namespaces/${ns}/replicationcontrollers', ['status.replicas=0', 'spec.replicas=0']],
  ['/apis/apps/v1/namespaces/${ns}/replicasets', ['status.replicas=0', 'spec.replicas=0']],
  ['/apis/apps/v1/namespaces/${ns}/deployments', ['status.replicas=0']],
  ['/apis/batch/v1/namespaces/${ns}/jobs', ['status.successful=1', 'status.succeeded=1']],
  ['/api/v1/nodes', ['spec.unschedulable=true', 'spec.podCIDR=x', 'metadata.name=none']],
  ['/api/v1/namespaces', ['status.phase=Other', 'metadata.name=none', 'spec.x=1']],
  ['/apis/certificates.k8s.io/v1/certificatesigningrequests', ['spec.signerName=none.example/x', 'status.x=1']],
  ['/apis/storage.k8s.io/v1/storageclasses', ['metadata.namespace=x', 'metadata.name=none']],
]

export const listCases: readonly Case[] = [
  { name: 'label selectors', steps: [...five, ...labelSelectors.map((labelSelector) => get({ labelSelector }))] },
  { name: 'field selectors', steps: [...five, ...fieldSelectors.map((fieldSelector) => get({ fieldSelector }))] },
  { name: 'resource versions and matches', steps: [...five, ...matrix] },
  {
    name: 'pages',
    steps: [
      ...five,
      { ...get({ limit: '2' }), capture: { token: 'metadata.continue' } },
      { ...get({ limit: '2', continue: '${token}' }), capture: { token: 'metadata.continue' } },
      get({ limit: '2', continue: '${token}' }),
      get({ continue: '${token}' }),
      get({ limit: '2', continue: '${token}', resourceVersion: '${last}' }),
      get({ limit: '2', continue: '${token}', resourceVersion: '0' }),
      get({ limit: '2', continue: '${token}', resourceVersionMatch: 'Exact' }),
      get({ limit: '2', continue: 'garbage' }),
      get({ limit: '2', continue: 'e30' }),
      get({ limit: '2', continue: 'eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiIuLi94In0' }),
      get({ limit: '2', continue: 'eyJ2IjoidjkiLCJydiI6MSwic3RhcnQiOiJ4In0' }),
      get({ limit: '0' }),
      get({ limit: '-1' }),
      get({ limit: 'x' }),
      get({ limit: '1', labelSelector: 'app=web' }),
      get({ limit: '1', fieldSelector: 'metadata.name!=a' }),
      get({ limit: '5' }),
      get({ limit: '6' }),
      get({ limit: '2' }, table),
      get({ limit: '2', resourceVersion: '0' }),
      get({ timeoutSeconds: 'x' }),
      get({ sendInitialEvents: 'true' }),
      get({ allowWatchBookmarks: 'true' }),
      get({ watch: 'x', timeoutSeconds: '1' }),
      get({ unknown: 'x' }),
      get({ pretty: 'true' }),
    ],
  },
  {
    name: 'forms of the answer',
    steps: [
      ...five,
      ...[
        'application/json',
        'application/yaml',
        '*/*',
        'application/*',
        'text/html',
        'text/plain',
        'application/xml',
        'application/json;q=0.5,application/yaml',
        'application/json;as=Table;v=v1;g=meta.k8s.io',
        'application/json;as=Table;v=v1beta1;g=meta.k8s.io',
        'application/json;as=Table;v=v9;g=meta.k8s.io',
        'application/json;as=Table;v=v1;g=other',
        'application/json;as=Unknown;v=v1;g=meta.k8s.io',
        'application/json;as=Unknown;v=v1;g=meta.k8s.io,application/json',
        'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
        'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
        'application/yaml;as=Table;v=v1;g=meta.k8s.io',
        'application/cbor',
        'application/json;charset=utf-8',
        'application/json;stream=watch',
        'garbage',
      ].flatMap((accept) => [get({ labelSelector: 'tier=front' }, { accept }), get({}, { accept }, `${maps}/a`)]),
      get({ includeObject: 'Object', labelSelector: 'tier=front' }, table),
      get({ includeObject: 'Metadata', labelSelector: 'tier=front' }, table),
      get({ includeObject: 'Wrong', labelSelector: 'tier=front' }, table),
      get({ includeObject: 'Wrong', labelSelector: 'tier=front' }),
      get({}, { accept: 'text/html' }, '/api/v1/namespaces/${ns}/configmaps/missing'),
    ],
  },
  {
    name: 'selectable fields',
    steps: selectable.flatMap(([path, fields]) =>
      fields.map((fieldSelector): Step => get({ fieldSelector, labelSelector: 'none=none' }, {}, path)),
    ),
  },
  {
    name: 'versions of single objects',
    steps: [
      ...five,
      ...['', '0', '1', '${last}', 'abc', '-1'].map((resourceVersion) => get({ resourceVersion }, {}, `${maps}/a`)),
      get({ resourceVersion: '0', resourceVersionMatch: 'Exact' }, {}, `${maps}/a`),
    ],
  },
  { name: 'too new: list', steps: [...five, get({ resourceVersion: '1000000000' })] },
  { name: 'too new: exact', steps: [...five, get({ resourceVersion: '1000000000', resourceVersionMatch: 'Exact' })] },
  { name: 'too new: get', steps: [...five, get({ resourceVersion: '1000000000' }, {}, `${maps}/a`)] },
  { name: 'too new: page', steps: [...five, get({ resourceVersion: '1000000000', limit: '2' })] },
]
