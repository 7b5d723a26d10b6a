import type { Fields } from '../peers/controller-peers.js'
import type { Scenario } from './controller-scenarios.js'

const outcome = 'simulation.flotilla.dev/outcome'
const exitCode = 'simulation.flotilla.dev/exit-code'
const failIndexes = 'simulation.flotilla.dev/fail-indexes'
const runFor = 'simulation.flotilla.dev/run-for-seconds'

const job = (name: string, spec: Fields, annotations: Fields = {}) => ({
  kind: 'Job',
  metadata: { name },
  spec: {
    ...spec,
    template: {
      metadata: { labels: { app: name }, annotations },
      spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'nginx:1' }] },
    },
  },
})
const indexed = (completions: number, more: Fields = {}) => ({
  completionMode: 'Indexed',
  completions,
  parallelism: completions,
  ...more,
})
const onExit = (action: string, ...values: number[]) => ({ action, onExitCodes: { operator: 'In', values } })
const hasEnded = ({ status }: Fields) =>
  status?.conditions?.some(({ type }: Fields) => type === 'Failed' || type === 'Complete') === true

/** What Jobs do beyond running to their end. */
export const jobScenarios: readonly Scenario[] = [
  {
    name: 'job-policies',
    async run({ create, until }) {
      const fails = (code: string, indexes?: string) => ({
        [outcome]: 'fail',
        [exitCode]: code,
        ...(indexes === undefined ? {} : { [failIndexes]: indexes }),
      })
      await create(
        job('fatal', { podFailurePolicy: { rules: [onExit('FailJob', 42)] } }, fails('42')),
        // Its time is over between the failure of its pod and the next one, 10 s later.
        job(
          'ignored',
          { backoffLimit: 0, activeDeadlineSeconds: 8, podFailurePolicy: { rules: [onExit('Ignore', 7)] } },
          fails('7'),
        ),
        job('per-index', indexed(3, { backoffLimitPerIndex: 0 }), fails('1', '1')),
        job(
          'fail-index',
          indexed(3, { backoffLimitPerIndex: 5, podFailurePolicy: { rules: [onExit('FailIndex', 3)] } }),
          fails('3', '0,2'),
        ),
        job('too-many', indexed(4, { backoffLimitPerIndex: 0, maxFailedIndexes: 1 }), fails('1', '0,1,2')),
        job(
          'leader',
          indexed(3, { successPolicy: { rules: [{ succeededIndexes: '0', succeededCount: 1 }] } }),
          fails('1', '1,2'),
        ),
        job('managed', { managedBy: 'example.com/other' }),
      )
      for (const name of ['fatal', 'ignored', 'per-index', 'fail-index', 'too-many', 'leader'])
        await until(`jobs/${name}`, hasEnded)
    },
  },
  {
    name: 'job-pods-deleted',
    async run({ create, until, remove, get }) {
      await create(
        // Long enough for its second pod to be running when it is deleted.
        job('finished', { completions: 2, parallelism: 1 }, { [runFor]: '8' }),
        job('running', { backoffLimit: 3 }, { [runFor]: '100' }),
        job('careful', { podReplacementPolicy: 'Failed' }, { [runFor]: '100' }),
      )
      await until('jobs/finished', ({ status }) => status?.succeeded === 1)
      for (const name of ['finished', 'running', 'careful']) {
        await until(`jobs/${name}`, ({ status }) => status?.active === 1 && status?.ready === 1)
      }
      const { items } = await get('pods')
      // What has succeeded stays counted; what was running is made again.
      for (const { metadata } of items as Fields[]) await remove(`pods/${metadata.name}`)
      await until('jobs/finished', hasEnded)
      await until('jobs/running', ({ status }) => status?.ready === 1 && (status?.terminating ?? 0) === 0)
    },
  },
  {
    name: 'job-scaled',
    async run({ create, until, patch, remove }) {
      await create(
        job('wide', { completions: 6, parallelism: 4 }, { [runFor]: '100' }),
        job('gone', { parallelism: 2 }, { [runFor]: '100' }),
        job('left', { parallelism: 2 }, { [runFor]: '100' }),
        job('stopped', indexed(2), { [runFor]: '100' }),
      )
      for (const name of ['wide', 'gone', 'left', 'stopped']) await until(`jobs/${name}`, ({ status }) => status?.ready >= 2)
      await patch('jobs/wide', { spec: { parallelism: 1 } })
      await patch('jobs/stopped', { spec: { suspend: true } })
      await remove('jobs/gone')
      await remove('jobs/left', 'Orphan')
      await until('jobs/wide', ({ status }) => status?.active === 1 && status?.ready === 1)
      await until('jobs/stopped', ({ status }) => status?.active === undefined && (status?.terminating ?? 0) === 0)
      await until('jobs/left', ({ code }) => code === 404)
      await until('jobs/gone', ({ code }) => code === 404)
    },
  },
  {
    name: 'labels',
    async run({ create, until, patch, get }) {
      const pod = (name: string, labels: Fields) => ({
        kind: 'Pod',
        metadata: { name, labels },
        spec: { containers: [{ name: 'c', image: 'nginx:1' }] },
      })
      const set = (kind: string, name: string, more: Fields = {}) => ({
        kind,
        metadata: { name },
        spec: {
          selector: { matchLabels: { app: name } },
          template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'nginx:1' }] } },
          ...more,
        },
      })
      const replicated = { replicas: 1 }
      await create(pod('db-0', { app: 'db' }), pod('alone', { app: 'rs' }), pod('agent-x', { app: 'other' }))
      await create(
        set('ReplicaSet', 'rs', replicated),
        set('StatefulSet', 'db', { ...replicated, serviceName: 'db' }),
        set('DaemonSet', 'agent'),
        job('work', { parallelism: 1 }, { [runFor]: '100' }),
      )
      await until('replicasets/rs', ({ status }) => status?.readyReplicas === 1)
      await until('statefulsets/db', ({ status }) => status?.readyReplicas === 1)
      await until('daemonsets/agent', ({ status }) => status?.numberReady === 3)
      await until('jobs/work', ({ status }) => status?.ready === 1)
      // Who loses the label loses its owner, and is replaced.
      await patch('pods/alone', { metadata: { labels: { app: 'mine' } } })
      const { items } = await get('pods')
      const worker = (items as Fields[]).find(({ metadata }) => metadata.labels['job-name'] === 'work')
      await patch(`pods/${worker?.['metadata'].name}`, {
        metadata: { labels: { 'batch.kubernetes.io/controller-uid': 'other' } },
      })
      await until('pods/alone', ({ metadata }) => metadata?.ownerReferences === undefined)
      await until('replicasets/rs', ({ status }) => status?.readyReplicas === 1 && status?.observedGeneration === 1)
      await new Promise((done) => setTimeout(done, 2000))
    },
  },
]
