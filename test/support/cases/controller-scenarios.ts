import type { ControlledCluster, Fields } from '../peers/controller-peers.js'
import { jobScenarios } from './job-scenarios.js'

/** What happens in one namespace of its own; then everything in it is compared. */
export interface Scenario {
  readonly name: string
  run(stage: Stage): Promise<void>
}

export interface Stage {
  readonly namespace: string
  create(...objects: Fields[]): Promise<void>
  patch(path: string, body: object): Promise<void>
  remove(path: string, propagationPolicy?: string): Promise<void>
  get(path: string): Promise<Fields>
  /** Waits until it holds; gives up after 60 s, and what is then compared shows why. */
  until(path: string, holds: (object: Fields) => boolean): Promise<void>
  post(path: string, body: object): Promise<number>
  removeNamespace(): Promise<void>
}

const roots: Readonly<Record<string, string>> = {
  Deployment: 'apis/apps/v1/deployments',
  ReplicaSet: 'apis/apps/v1/replicasets',
  StatefulSet: 'apis/apps/v1/statefulsets',
  DaemonSet: 'apis/apps/v1/daemonsets',
  Job: 'apis/batch/v1/jobs',
  CronJob: 'apis/batch/v1/cronjobs',
  Service: 'api/v1/services',
  Endpoints: 'api/v1/endpoints',
  ConfigMap: 'api/v1/configmaps',
  ResourceQuota: 'api/v1/resourcequotas',
  PodDisruptionBudget: 'apis/policy/v1/poddisruptionbudgets',
  PersistentVolumeClaim: 'api/v1/persistentvolumeclaims',
  HorizontalPodAutoscaler: 'apis/autoscaling/v2/horizontalpodautoscalers',
  Pod: 'api/v1/pods',
  ReplicationController: 'api/v1/replicationcontrollers',
}

/** `deployments/web` as a path of the namespace. */
function pathOf(namespace: string, short: string): string {
  const [plural = '', ...rest] = short.split('/')
  const root = Object.values(roots).find((each) => each.endsWith(`/${plural}`)) ?? `api/v1/${plural}`
  const cut = root.lastIndexOf('/')
  return `/${[root.slice(0, cut), 'namespaces', namespace, plural, ...rest].join('/')}`
}

export function stageOf(cluster: ControlledCluster, namespace: string): Stage {
  const get = async (path: string) => (await cluster.request('GET', pathOf(namespace, path))).body
  return {
    namespace,
    get,
    async create(...objects) {
      for (const object of objects) {
        const root = roots[object['kind']] as string
        const { code, body } = await cluster.request('POST', pathOf(namespace, root.slice(root.lastIndexOf('/') + 1)), {
          apiVersion: root.startsWith('api/') ? 'v1' : root.split('/').slice(1, 3).join('/'),
          ...object,
        })
        if (code !== 201) throw new Error(`${cluster.name}: ${object['kind']}: ${body['message']}`)
      }
    },
    async patch(path, body) {
      await cluster.request('PATCH', pathOf(namespace, path), body, 'merge')
    },
    async remove(path, propagationPolicy = 'Background') {
      await cluster.request('DELETE', pathOf(namespace, path), { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy })
    },
    async until(path, holds) {
      const end = Date.now() + 60_000
      while (!holds(await get(path))) {
        if (Date.now() > end) return
        await new Promise((done) => setTimeout(done, 100))
      }
    },
    async removeNamespace() {
      await cluster.request('DELETE', `/api/v1/namespaces/${namespace}`)
    },
    post: async (path, body) => (await cluster.request('POST', pathOf(namespace, path), body)).code,
  }
}

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms))
const template = (app: string, pod: Fields = {}, annotations?: Fields) => ({
  metadata: { labels: { app }, ...(annotations ? { annotations } : {}) },
  spec: { containers: [{ name: 'c', image: 'nginx:1', ports: [{ containerPort: 80, name: 'http' }] }], ...pod },
})
const workload = (kind: string, name: string, spec: Fields = {}) => ({
  kind,
  metadata: { name },
  spec: { selector: { matchLabels: { app: name } }, template: template(name), ...spec },
})
const available = (count: number) => (object: Fields) =>
  object['status']?.availableReplicas === count &&
  object['status']?.updatedReplicas === count &&
  object['status']?.replicas === count &&
  object['status']?.observedGeneration === object['metadata']?.generation

export const scenarios: readonly Scenario[] = [
  {
    name: 'rollout',
    async run({ create, patch, until }) {
      await create(workload('Deployment', 'web', { replicas: 3 }))
      await until('deployments/web', available(3))
      await patch('deployments/web', { spec: { template: { metadata: { labels: { round: '2' } } } } })
      await until('deployments/web', available(3))
      await patch('deployments/web', { spec: { replicas: 1 } })
      await until('deployments/web', available(1))
    },
  },
  {
    name: 'stuck',
    async run({ create, until }) {
      const broken = { containers: [{ name: 'c', image: 'nginx:broken' }] }
      await create(workload('Deployment', 'web', { progressDeadlineSeconds: 3, template: template('web', broken) }))
      await until('deployments/web', ({ status }) =>
        status?.conditions?.some(({ reason }: Fields) => reason === 'ProgressDeadlineExceeded'),
      )
    },
  },
  {
    name: 'stateful',
    async run({ create, patch, until }) {
      await create(
        {
          kind: 'Service',
          metadata: { name: 'db' },
          spec: { clusterIP: 'None', selector: { app: 'db' }, ports: [{ port: 80 }] },
        },
        workload('StatefulSet', 'db', { replicas: 2, serviceName: 'db' }),
      )
      await until('statefulsets/db', ({ status }) => status?.readyReplicas === 2)
      const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 1 } }
      await patch('statefulsets/db', { spec: { updateStrategy, template: { metadata: { labels: { round: '2' } } } } })
      await until('statefulsets/db', ({ status }) => status?.updatedReplicas === 1 && status?.readyReplicas === 2)
    },
  },
  {
    name: 'daemons',
    async run({ create, until }) {
      await create(workload('DaemonSet', 'agent'))
      await until('daemonsets/agent', ({ status }) => status?.numberAvailable === 3)
    },
  },
  {
    name: 'jobs',
    async run({ create, until }) {
      const never = { restartPolicy: 'Never' }
      await create(
        { kind: 'Job', metadata: { name: 'good' }, spec: { completions: 2, parallelism: 2, template: template('good', never) } },
        {
          kind: 'Job',
          metadata: { name: 'bad' },
          spec: { backoffLimit: 1, template: template('bad', never, { 'simulation.flotilla.dev/outcome': 'fail' }) },
        },
        {
          kind: 'Job',
          metadata: { name: 'indexed' },
          spec: { completionMode: 'Indexed', completions: 2, parallelism: 1, template: template('indexed', never) },
        },
        {
          kind: 'Job',
          metadata: { name: 'slow' },
          spec: {
            activeDeadlineSeconds: 2,
            template: template('slow', never, { 'simulation.flotilla.dev/run-for-seconds': '100' }),
          },
        },
        { kind: 'Job', metadata: { name: 'later' }, spec: { suspend: true, template: template('later', never) } },
      )
      const ended = ({ status }: Fields) =>
        status?.conditions?.some(({ type }: Fields) => type === 'Failed' || type === 'Complete')
      for (const name of ['good', 'bad', 'indexed', 'slow']) await until(`jobs/${name}`, ended)
    },
  },
  {
    name: 'cron',
    async run({ create, patch, until }) {
      await create({
        kind: 'CronJob',
        metadata: { name: 'tick' },
        spec: { schedule: '* * * * *', jobTemplate: { spec: { template: template('tick', { restartPolicy: 'Never' }) } } },
      })
      await until('cronjobs/tick', ({ status }) => status?.lastSuccessfulTime !== undefined)
      await patch('cronjobs/tick', { spec: { suspend: true } })
    },
  },
  {
    name: 'budget',
    async run({ create, until, get, post }) {
      await create(workload('Deployment', 'web', { replicas: 2 }))
      await until('deployments/web', available(2))
      await create(
        {
          kind: 'PodDisruptionBudget',
          metadata: { name: 'web' },
          spec: { minAvailable: 2, selector: { matchLabels: { app: 'web' } } },
        },
        {
          kind: 'PodDisruptionBudget',
          metadata: { name: 'none' },
          spec: { selector: { matchLabels: { app: 'no' } }, maxUnavailable: 1 },
        },
      )
      await until('deployments/web', available(2))
      await until('poddisruptionbudgets/web', ({ status }) => status?.currentHealthy === 2)
      const { items } = await get('pods')
      const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: items[0].metadata.name } }
      const code = await post(`pods/${items[0].metadata.name}/eviction`, eviction)
      await create({ kind: 'ConfigMap', metadata: { name: 'evicted' }, data: { code: String(code) } })
    },
  },
  {
    name: 'quota',
    async run({ create, until }) {
      await create({ kind: 'ResourceQuota', metadata: { name: 'few' }, spec: { hard: { pods: '2', 'count/configmaps': '5' } } })
      await until('resourcequotas/few', ({ status }) => status?.hard !== undefined)
      await create(workload('Deployment', 'web', { replicas: 3 }))
      await until('deployments/web', ({ status }) => status?.availableReplicas === 2)
      await until('resourcequotas/few', ({ status }) => status?.used?.pods === '2')
    },
  },
  {
    name: 'garbage',
    async run({ create, remove, until }) {
      await create(workload('Deployment', 'front', { replicas: 2 }), workload('ReplicaSet', 'orphan', { replicas: 2 }))
      await create(workload('Deployment', 'back', { replicas: 1 }))
      await until('deployments/front', available(2))
      await until('deployments/back', available(1))
      await until('replicasets/orphan', ({ status }) => status?.readyReplicas === 2)
      await remove('deployments/front', 'Foreground')
      await remove('replicasets/orphan', 'Orphan')
      await remove('deployments/back', 'Background')
      await until('deployments/front', ({ code }) => code === 404)
      await until('replicasets/orphan', ({ code }) => code === 404)
      await until('pods', ({ items }) => items.length === 2)
    },
  },
  {
    name: 'slices',
    async run({ create, until }) {
      await create(
        {
          kind: 'Service',
          metadata: { name: 'web' },
          spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 'http' }] },
        },
        { kind: 'Service', metadata: { name: 'empty' }, spec: { selector: { app: 'no' }, ports: [{ port: 80 }] } },
        { kind: 'Service', metadata: { name: 'manual' }, spec: { ports: [{ port: 80, name: 'x' }] } },
        {
          kind: 'Endpoints',
          metadata: { name: 'manual' },
          subsets: [
            { addresses: [{ ip: '10.1.2.3' }], notReadyAddresses: [{ ip: '10.1.2.4' }], ports: [{ port: 80, name: 'x' }] },
          ],
        },
        workload('Deployment', 'web', { replicas: 2 }),
      )
      await until('deployments/web', available(2))
    },
  },
  {
    name: 'claims',
    async run({ create }) {
      await create({
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'open' },
        spec: { storageClassName: '', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      })
      await create({
        kind: 'Pod',
        metadata: { name: 'waits' },
        spec: {
          containers: [{ name: 'c', image: 'nginx:1' }],
          volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'open' } }],
        },
      })
      await pause(3000)
    },
  },
  {
    name: 'scaler',
    async run({ create, until }) {
      await create(workload('Deployment', 'web', { replicas: 5 }))
      await until('deployments/web', available(5))
      const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }
      const metric = { type: 'Pods', pods: { metric: { name: 'hits' }, target: { type: 'AverageValue', averageValue: '5' } } }
      const describedObject = { apiVersion: 'v1', kind: 'Service', name: 's' }
      const external = {
        type: 'External',
        external: { metric: { name: 'q' }, target: { type: 'AverageValue', averageValue: '5' } },
      }
      const object = { type: 'Object', object: { describedObject, metric: { name: 'o' }, target: { type: 'Value', value: '5' } } }
      const scaler = (name: string, more: Fields) => ({
        kind: 'HorizontalPodAutoscaler',
        metadata: { name },
        spec: { scaleTargetRef, maxReplicas: 10, metrics: [metric], ...more },
      })
      await create(
        scaler('custom', { metrics: [metric, object, external] }),
        scaler('gone', { scaleTargetRef: { ...scaleTargetRef, name: 'gone' } }),
        scaler('unknown', { scaleTargetRef: { ...scaleTargetRef, kind: 'Nothing' } }),
        scaler('unscalable', { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'web' } }),
      )
      await pause(20_000)
    },
  },
  {
    name: 'recreate',
    async run({ create, patch, until }) {
      await create(workload('Deployment', 'web', { replicas: 2, strategy: { type: 'Recreate' }, revisionHistoryLimit: 1 }))
      await until('deployments/web', available(2))
      for (const round of ['2', '3']) {
        await patch('deployments/web', { spec: { template: { metadata: { labels: { round } } } } })
        await until('deployments/web', available(2))
      }
      await patch('deployments/web', { spec: { paused: true, template: { metadata: { labels: { round: '4' } } } } })
      await pause(1500)
    },
  },
  {
    name: 'undone',
    async run({ create, patch, until }) {
      await create(workload('Deployment', 'web', { replicas: 2, minReadySeconds: 1 }))
      await until('deployments/web', available(2))
      await patch('deployments/web', { spec: { template: { spec: { containers: [{ name: 'c', image: 'nginx:2' }] } } } })
      await until('deployments/web', available(2))
      const first = [{ name: 'c', image: 'nginx:1', ports: [{ containerPort: 80, name: 'http' }] }]
      await patch('deployments/web', { spec: { template: { spec: { containers: first } } } })
      await until('deployments/web', available(2))
    },
  },
  {
    name: 'agents',
    async run({ create, patch, until }) {
      await create(workload('DaemonSet', 'agent', { updateStrategy: { rollingUpdate: { maxUnavailable: 3 } } }))
      await until('daemonsets/agent', ({ status }) => status?.numberAvailable === 3)
      await patch('daemonsets/agent', { spec: { template: { metadata: { labels: { round: '2' } } } } })
      await until(
        'daemonsets/agent',
        ({ status }) => status?.updatedNumberScheduled === 3 && status?.numberAvailable === 3 && status?.observedGeneration === 2,
      )
    },
  },
  {
    name: 'parallel',
    async run({ create, patch, until }) {
      await create(workload('StatefulSet', 'db', { replicas: 3, serviceName: 'db', podManagementPolicy: 'Parallel' }))
      await until('statefulsets/db', ({ status }) => status?.availableReplicas === 3)
      await patch('statefulsets/db', { spec: { replicas: 1 } })
      await until('statefulsets/db', ({ status }) => status?.replicas === 1)
    },
  },
  {
    name: 'controller',
    async run({ create, patch, until }) {
      await create({
        kind: 'ReplicationController',
        metadata: { name: 'old' },
        spec: { replicas: 2, selector: { app: 'old' }, template: template('old') },
      })
      await until('replicationcontrollers/old', ({ status }) => status?.availableReplicas === 2)
      await patch('replicationcontrollers/old', { spec: { replicas: 1 } })
      await until('replicationcontrollers/old', ({ status }) => status?.replicas === 1)
    },
  },
  {
    name: 'resumed',
    async run({ create, patch, until }) {
      const never = { restartPolicy: 'Never' }
      await create({ kind: 'Job', metadata: { name: 'good' }, spec: { suspend: true, template: template('good', never) } })
      await until('jobs/good', ({ status }) => status?.conditions !== undefined)
      await patch('jobs/good', { spec: { suspend: false } })
      await until('jobs/good', ({ status }) => status?.succeeded === 1)
      await create({
        kind: 'Job',
        metadata: { name: 'slow' },
        spec: { ttlSecondsAfterFinished: 0, template: template('slow', never) },
      })
      await until('jobs/slow', ({ code }) => code === 404)
    },
  },
  {
    name: 'leaving',
    async run({ create, until, removeNamespace }) {
      await create(
        { kind: 'ConfigMap', metadata: { name: 'held', finalizers: ['example.com/hold'] } },
        workload('Deployment', 'web', { replicas: 2 }),
      )
      await until('deployments/web', available(2))
      await removeNamespace()
      await pause(8000)
    },
  },
  {
    name: 'ports',
    async run({ create, until }) {
      await create(
        workload('Deployment', 'web', {
          replicas: 1,
          template: template('web', { readinessGates: [{ conditionType: 'example.com/x' }] }),
        }),
        workload('Deployment', 'back', { replicas: 1 }),
        {
          kind: 'Service',
          metadata: { name: 'early' },
          spec: { selector: { app: 'web' }, publishNotReadyAddresses: true, clusterIP: 'None', ports: [{ port: 80 }] },
        },
        {
          kind: 'Service',
          metadata: { name: 'two' },
          spec: {
            selector: { app: 'back' },
            ports: [
              { name: 'a', port: 80, targetPort: 'http' },
              { name: 'b', port: 81, targetPort: 'none' },
            ],
          },
        },
        { kind: 'Service', metadata: { name: 'bare' }, spec: { selector: { app: 'back' }, clusterIP: 'None' } },
        { kind: 'Service', metadata: { name: 'away' }, spec: { type: 'ExternalName', externalName: 'example.com' } },
      )
      await until('deployments/back', available(1))
      await pause(1500)
    },
  },
  {
    name: 'lonely',
    async run({ create }) {
      await create(
        { kind: 'Pod', metadata: { name: 'picky' }, spec: { ...template('picky').spec, nodeSelector: { nowhere: 'x' } } },
        {
          kind: 'Pod',
          metadata: { name: 'hungry' },
          spec: { containers: [{ name: 'c', image: 'nginx:1', resources: { requests: { cpu: '100', memory: '1Ti' } } }] },
        },
        {
          kind: 'Pod',
          metadata: { name: 'gated' },
          spec: { ...template('gated').spec, schedulingGates: [{ name: 'example.com/g' }] },
        },
      )
      await pause(2000)
    },
  },
  ...jobScenarios,
]
