import { createSeededRandom, type Random } from '../../../src/base/random.js'
import type { KubeObject } from '../../../src/kube/object/kube-object.js'

/** A question to Karmada's own interpreters: a template (or a copy) with the statuses that came back from clusters. */
export interface InterpretCase {
  readonly op: 'interpret'
  readonly object: KubeObject
  readonly items: readonly { clusterName: string; applied: boolean; status?: Record<string, unknown> }[]
}

type Fields = Record<string, unknown>

class Dice {
  readonly #random: Random
  constructor(seed: number) {
    this.#random = createSeededRandom(seed)
  }
  below(most: number): number {
    return Math.floor(this.#random.number() * most)
  }
  often(share = 0.5): boolean {
    return this.#random.number() < share
  }
  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T
  }
  /** The members whose turn it is. */
  some(fields: Fields, share = 0.7): Fields {
    return Object.fromEntries(Object.entries(fields).filter(() => this.often(share)))
  }
  time(): string {
    return `2026-01-0${1 + this.below(9)}T0${this.below(9)}:00:00Z`
  }
}

/** The kinds that Karmada has interpreters of its own for, and one that it has none for. */
const kinds = [
  ['apps/v1', 'Deployment'],
  ['apps/v1', 'ReplicaSet'],
  ['apps/v1', 'StatefulSet'],
  ['apps/v1', 'DaemonSet'],
  ['batch/v1', 'Job'],
  ['batch/v1', 'CronJob'],
  ['v1', 'Pod'],
  ['v1', 'Service'],
  ['v1', 'PersistentVolumeClaim'],
  ['v1', 'PersistentVolume'],
  ['v1', 'ServiceAccount'],
  ['networking.k8s.io/v1', 'Ingress'],
  ['policy/v1', 'PodDisruptionBudget'],
  ['autoscaling/v2', 'HorizontalPodAutoscaler'],
] as const

export function randomInterpretCase(seed: number): InterpretCase {
  const dice = new Dice(seed)
  const [apiVersion, kind] = kinds[seed % kinds.length] as (typeof kinds)[number]
  const generation = 1 + dice.below(3)
  const object: KubeObject = {
    apiVersion,
    kind,
    metadata: {
      name: 'web',
      namespace: 'shop',
      generation,
      ...(dice.often() ? { labels: { app: 'web' } } : {}),
      annotations: { 'resourcetemplate.karmada.io/generation': String(1 + dice.below(3)), own: 'x' },
    },
    ...specOf(kind, dice),
    ...(dice.often(0.9) ? { status: statusOf(kind, dice) } : {}),
  }
  const count = dice.below(4)
  const items = Array.from({ length: count }, (_, index) => ({
    clusterName: `m${index}`,
    applied: true,
    ...(dice.often(0.85)
      ? {
          status: {
            ...statusOf(kind, dice),
            ...(dice.often(0.8) ? { generation: 1 + dice.below(2), resourceTemplateGeneration: 1 + dice.below(4) } : {}),
          },
        }
      : {}),
  }))
  return { op: 'interpret', object, items }
}

function specOf(kind: string, dice: Dice): Fields {
  const template = { metadata: { labels: { app: 'web', ...jobLabels(kind, dice) } }, spec: podSpec(dice) }
  const selector = { matchLabels: { app: 'web' } }
  switch (kind) {
    case 'Deployment':
    case 'ReplicaSet':
      return { spec: { ...dice.some({ replicas: dice.below(5) }), selector, template } }
    case 'StatefulSet':
      return {
        spec: {
          ...dice.some({ replicas: dice.below(5), volumeClaimTemplates: [{ metadata: { name: 'claim' }, spec: {} }] }),
          selector,
          serviceName: 'web',
          template,
        },
      }
    case 'DaemonSet':
      return { spec: { selector, template } }
    case 'Job':
      return {
        spec: {
          ...dice.some({ parallelism: dice.below(5), completions: dice.below(5), ttlSecondsAfterFinished: 60 }),
          ...dice.some({ manualSelector: dice.often() }, 0.3),
          ...(dice.often() ? { selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': 'u' } } } : {}),
          template,
        },
      }
    case 'CronJob':
      return { spec: { schedule: '* * * * *', jobTemplate: { spec: { template } } } }
    case 'Pod':
      return { spec: podSpec(dice) }
    case 'Service':
      return {
        spec: {
          type: dice.of(['ClusterIP', 'LoadBalancer', 'NodePort']),
          ...dice.some({ clusterIP: dice.of(['None', '10.0.0.1']), clusterIPs: ['10.0.0.1'] }),
          ports: [{ port: 80 }],
        },
      }
    case 'ServiceAccount':
      return dice.some({ secrets: [{ name: 'web-token-1' }, { name: 'own' }] })
    case 'Ingress':
      return { spec: dice.some({ tls: [{ hosts: ['a'], secretName: 'cert-a' }, { secretName: 'cert-b' }] }) }
    case 'HorizontalPodAutoscaler':
      return { spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' }, maxReplicas: 3 } }
    default:
      return { spec: {} }
  }
}

function jobLabels(kind: string, dice: Dice): Fields {
  return kind === 'Job' ? dice.some({ 'controller-uid': 'u', 'job-name': 'web', 'batch.kubernetes.io/job-name': 'web' }) : {}
}

function podSpec(dice: Dice): Fields {
  const quantity = () => dice.of(['100m', '1', '1500m', '64Mi', '1Gi', '1000000', '1k'])
  const container = (name: string): Fields => ({
    name,
    image: 'nginx',
    ...dice.some({
      resources: { requests: dice.some({ cpu: dice.of(['100m', '1', '250m']), memory: quantity(), 'example.com/gpu': '2' }) },
      envFrom: [{ configMapRef: { name: 'settings' } }, { secretRef: { name: 'keys' } }],
      env: [
        { name: 'A', valueFrom: { secretKeyRef: { name: 'other', key: 'a' } } },
        { name: 'B', valueFrom: { configMapKeyRef: { name: 'more', key: 'b' } } },
      ],
    }),
  })
  return {
    containers: [container('a'), ...(dice.often(0.3) ? [container('b')] : [])],
    ...dice.some(
      {
        initContainers: [container('init')],
        volumes: [
          { name: 'v1', configMap: { name: 'files' } },
          { name: 'v2', secret: { secretName: 'certs' } },
          { name: 'v3', persistentVolumeClaim: { claimName: dice.of(['claim', 'data']) } },
          { name: 'v4', projected: { sources: [{ secret: { name: 'p1' } }, { configMap: { name: 'p2' } }] } },
          { name: 'v5', csi: { driver: 'd', nodePublishSecretRef: { name: 'csi' } } },
          { name: 'v6', azureFile: { secretName: 'azure', shareName: 's' } },
        ],
        imagePullSecrets: [{ name: 'pull' }],
        serviceAccountName: dice.of(['default', 'runner']),
        nodeSelector: { disk: 'ssd' },
        tolerations: [{ key: 'k', operator: 'Exists' }],
        priorityClassName: 'high',
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: ['a'] }] }],
            },
          },
        },
      },
      0.4,
    ),
  }
}

function statusOf(kind: string, dice: Dice): Fields {
  const count = () => dice.below(4)
  const condition = (type: string) => ({ type, status: dice.of(['True', 'True', 'False']) })
  switch (kind) {
    case 'Deployment':
    case 'ReplicaSet':
    case 'StatefulSet':
      return dice.some({
        replicas: count(),
        readyReplicas: count(),
        availableReplicas: count(),
        observedGeneration: 1 + dice.below(3),
        ...(kind === 'ReplicaSet' ? {} : { updatedReplicas: count() }),
        ...(kind === 'Deployment' ? { unavailableReplicas: count() } : {}),
        ...(kind === 'StatefulSet' ? { currentReplicas: count() } : {}),
      })
    case 'DaemonSet':
      return dice.some({
        currentNumberScheduled: count(),
        desiredNumberScheduled: count(),
        numberAvailable: count(),
        numberMisscheduled: count(),
        numberReady: count(),
        updatedNumberScheduled: count(),
        numberUnavailable: count(),
        observedGeneration: 1 + dice.below(3),
      })
    case 'Job':
      return dice.some({
        active: count(),
        succeeded: count(),
        failed: count(),
        startTime: dice.time(),
        completionTime: dice.time(),
        conditions: dice.of([
          [],
          [condition('Complete')],
          [condition('Complete'), condition('SuccessCriteriaMet')],
          [condition('Failed')],
        ]),
      })
    case 'CronJob':
      return dice.some({
        active: [{ kind: 'Job', name: `j${count()}` }],
        lastScheduleTime: dice.time(),
        lastSuccessfulTime: dice.time(),
      })
    case 'Pod':
      return dice.some({
        phase: dice.of(['Pending', 'Running', 'Succeeded', 'Failed']),
        conditions: [condition('Ready')],
        containerStatuses: [{ name: 'a', ready: dice.often(), restartCount: 1, state: { running: {} } }],
        initContainerStatuses: [{ name: 'i', ready: true, state: { terminated: { exitCode: 1 } } }],
      })
    case 'Service':
    case 'Ingress':
      return dice.some({
        loadBalancer: dice.some({
          ingress: dice.of([[{ ip: `1.1.1.${count()}` }], [{ hostname: 'h' }, { ip: '2.2.2.2' }]]),
        }),
      })
    case 'PersistentVolumeClaim':
      return { phase: dice.of(['Bound', 'Pending', 'Lost']) }
    case 'PersistentVolume':
      return { phase: dice.of(['Bound', 'Pending', 'Available', 'Released', 'Failed']) }
    case 'PodDisruptionBudget':
      return dice.some({
        currentHealthy: count(),
        desiredHealthy: count(),
        disruptionsAllowed: count(),
        expectedPods: count(),
        disruptedPods: { p: dice.time() },
      })
    case 'HorizontalPodAutoscaler':
      return dice.some({ currentReplicas: count(), desiredReplicas: count() })
    default:
      return {}
  }
}
