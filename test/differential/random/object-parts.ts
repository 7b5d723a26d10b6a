import type { Dice } from './dice.js'

type Members = Record<string, unknown>

/** Members chosen by chance; a value is made for those only. */
function members(dice: Dice, makers: Readonly<Record<string, () => unknown>>, probability = 0.45): Members {
  const made: Members = {}
  for (const [key, make] of Object.entries(makers)) if (dice.chance(probability)) made[key] = make()
  return made
}

const words = ['a', 'b', 'c'] as const

function labels(dice: Dice): Members {
  return Object.fromEntries(dice.some(words).map((key) => [key, dice.pick(['1', '2'])]))
}

function metadata(dice: Dice): Members {
  return members(
    dice,
    {
      labels: () => labels(dice),
      annotations: () => labels(dice),
      finalizers: () => dice.some(['e.com/x', 'e.com/y', 'e.com/z'], 1),
    },
    0.25,
  )
}

export interface RandomKind {
  readonly name: string
  readonly apiVersion: string
  readonly kind: string
  readonly path: string
  readonly custom?: boolean
  readonly status?: boolean
  readonly scale?: boolean
  /** What every new object must have. */
  base(): Members
  /** Some of what an object may say. */
  part(dice: Dice): Members
  statusPart?(dice: Dice): Members
  /** JSON pointers for JSON patches, with values that may stand there. */
  readonly pointers: Readonly<Record<string, readonly unknown[]>>
}

const configMaps: RandomKind = {
  name: 'ConfigMap',
  apiVersion: 'v1',
  kind: 'ConfigMap',
  path: 'configmaps',
  base: () => ({}),
  part: (dice) => members(dice, { data: () => labels(dice), binaryData: () => ({ bin: dice.pick(['YQ==', 'Yg==']) }) }, 0.6),
  pointers: {
    '/data': [{}, { a: '9' }],
    '/data/a': ['8', '9'],
    '/metadata/labels': [{}, { b: '9' }],
    '/metadata/labels/a': ['9'],
    '/binaryData/bin': ['Yw=='],
  },
}

/** Each container has ports of its own: the same ones are warned of. */
const containerPorts: Readonly<Record<string, readonly number[]>> = { main: [80, 81], side: [82, 83], third: [84, 85] }

function containers(dice: Dice): Members[] {
  return dice.some(['main', 'side', 'third'], 1).map((name) => ({
    name,
    ...(dice.chance(0.8) ? { image: dice.pick(['i:1', 'i:2']) } : {}),
    ...members(
      dice,
      {
        env: () =>
          dice
            .some(['A', 'B', 'C'])
            .map((variable) => ({ name: variable, ...(dice.chance(0.7) ? { value: dice.pick(['1', '2']) } : {}) })),
        ports: () =>
          dice.some(containerPorts[name] ?? []).map((containerPort) => ({
            containerPort,
            ...(dice.chance(0.5) ? { protocol: dice.pick(['TCP', 'UDP']) } : {}),
            ...(dice.chance(0.3) ? { name: `p${containerPort}` } : {}),
          })),
        args: () => dice.some(words),
        resources: () => ({ limits: members(dice, { cpu: () => dice.pick(['1', '1000m', '2']), memory: () => '1Gi' }) }),
        volumeMounts: () => dice.some(['v1', 'v2']).map((volume) => ({ name: volume, mountPath: `/${volume}` })),
        securityContext: () => ({ capabilities: { add: dice.some(['NET_ADMIN', 'SYS_TIME']) } }),
      },
      0.3,
    ),
  }))
}

const volumes = ['v1', 'v2'].map((name) => ({ name, emptyDir: {} }))

const deployments: RandomKind = {
  name: 'Deployment',
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  path: 'deployments',
  status: true,
  scale: true,
  base: () => ({
    spec: {
      selector: { matchLabels: { app: 'x' } },
      template: { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'main', image: 'i:1' }], volumes } },
    },
  }),
  part: (dice) => ({
    spec: members(
      dice,
      {
        replicas: () => dice.below(3),
        paused: () => dice.chance(0.5),
        minReadySeconds: () => dice.below(2),
        strategy: () =>
          dice.pick<Members>([
            { type: 'Recreate' },
            { type: 'RollingUpdate', rollingUpdate: { maxSurge: dice.pick([1, '25%']) } },
            { type: 'RollingUpdate' },
          ]),
        template: () => ({
          ...(dice.chance(0.4) ? { metadata: { labels: { app: 'x', ...labels(dice) } } } : {}),
          spec: members(
            dice,
            {
              containers: () => containers(dice),
              volumes: () => volumes,
              tolerations: () => dice.some(words).map((key) => ({ key, operator: 'Exists' })),
              nodeSelector: () => labels(dice),
              imagePullSecrets: () => dice.some(words).map((name) => ({ name })),
              hostAliases: () => dice.some(['1.1.1.1', '2.2.2.2']).map((ip) => ({ ip, hostnames: dice.some(words) })),
              terminationGracePeriodSeconds: () => 5 + dice.below(2),
            },
            0.4,
          ),
        }),
      },
      0.45,
    ),
  }),
  statusPart: (dice) =>
    members(dice, {
      observedGeneration: () => dice.below(3),
      replicas: () => dice.below(3),
      conditions: () => dice.some(words).map((type) => ({ type, status: dice.pick(['True', 'False']) })),
    }),
  pointers: {
    '/spec/replicas': [1, 5],
    '/spec/template/spec/containers/0/image': ['i:8', 'i:9'],
    '/spec/template/spec/containers/1': [{ name: 'json', image: 'i:9' }],
    '/spec/paused': [true, false],
    '/metadata/labels': [{}, { b: '9' }],
    '/spec/template/spec/containers/0/env': [[], [{ name: 'A', value: '9' }]],
  },
}

const services: RandomKind = {
  name: 'Service',
  apiVersion: 'v1',
  kind: 'Service',
  path: 'services',
  status: true,
  base: () => ({ spec: { clusterIP: 'None', selector: { app: 'x' }, ports: [{ name: 'http', port: 80 }] } }),
  part: (dice) => ({
    spec: members(dice, {
      selector: () => labels(dice),
      sessionAffinity: () => dice.pick(['None', 'ClientIP']),
      publishNotReadyAddresses: () => dice.chance(0.5),
      externalIPs: () => dice.some(['1.2.3.4', '1.2.3.5']),
      ports: () =>
        dice.some([80, 81, 82], 1).map((port) => ({
          name: dice.pick([`p${port}`, `q${port}`]),
          port,
          ...(dice.chance(0.5) ? { protocol: dice.pick(['TCP', 'UDP']) } : {}),
          ...(dice.chance(0.4) ? { targetPort: dice.pick([80, 'web', 8080]) } : {}),
        })),
    }),
  }),
  statusPart: (dice) =>
    members(dice, {
      conditions: () =>
        dice
          .some(words)
          .map((type) => ({ type, status: 'True', reason: 'R', message: '', lastTransitionTime: '2020-01-01T00:00:00Z' })),
    }),
  pointers: {
    '/spec/selector': [{ app: 'y' }, { a: '9' }],
    '/spec/selector/a': ['9'],
    '/spec/ports/0': [{ port: 9, name: 'json' }],
    '/spec/ports/0/targetPort': [90, 'web'],
    '/spec/sessionAffinity': ['None', 'ClientIP'],
    '/metadata/annotations': [{}, { a: '9' }],
  },
}

const pods: RandomKind = {
  name: 'Pod',
  apiVersion: 'v1',
  kind: 'Pod',
  path: 'pods',
  status: true,
  base: () => ({ spec: { automountServiceAccountToken: false, containers: [{ name: 'main', image: 'i:1' }] } }),
  part: (dice) => ({
    spec: {
      automountServiceAccountToken: false,
      ...members(dice, {
        containers: () => [{ name: 'main', image: dice.pick(['i:1', 'i:2', 'i:3']) }],
        activeDeadlineSeconds: () => 100 - dice.below(3),
      }),
    },
  }),
  statusPart: (dice) =>
    members(dice, {
      phase: () => dice.pick(['Pending', 'Running']),
      podIP: () => '10.0.0.1',
      podIPs: () => [{ ip: '10.0.0.1' }],
      conditions: () => dice.some(['Ready', 'e.com/gate']).map((type) => ({ type, status: dice.pick(['True', 'False']) })),
    }),
  pointers: {
    '/spec/containers/0/image': ['i:8', 'i:9'],
    '/metadata/labels': [{}, { b: '9' }],
    '/metadata/labels/b': ['9'],
    '/spec/activeDeadlineSeconds': [50, 97],
    '/metadata/finalizers/0': ['e.com/x', 'e.com/q'],
  },
}

const widgets: RandomKind = {
  name: 'Widget',
  apiVersion: 'random.example.com/v1',
  kind: 'Widget',
  path: 'widgets',
  custom: true,
  status: true,
  scale: true,
  base: () => ({ spec: {} }),
  part: (dice) => ({
    spec: members(
      dice,
      {
        replicas: () => dice.below(3),
        name: () => dice.pick(['x', 'y', 'toolong']),
        mode: () => dice.pick(['a', 'b', 'a', 'b', 'c']),
        port: () => dice.pick([80, 'http']),
        tags: () => dice.some(words),
        numbers: () => dice.some([1, 2, 3]),
        ports: () =>
          dice.some([1, 2, 3]).map((port) => ({
            port,
            ...(dice.chance(0.3) ? { protocol: dice.pick(['TCP', 'UDP']) } : {}),
            ...members(dice, { name: () => dice.pick(words), labels: () => labels(dice), hosts: () => dice.some(words) }, 0.35),
          })),
        steps: () => dice.some(words).map((run) => ({ run, ...(dice.chance(0.3) ? { with: labels(dice) } : {}) })),
        labels: () => labels(dice),
        whole: () => members(dice, { a: () => dice.pick(words), b: () => dice.below(2) }),
        nested: () =>
          members(dice, {
            left: () => members(dice, { x: () => dice.below(2), y: () => dice.pick(words) }),
            right: () => dice.pick(words),
          }),
        maybe: () => dice.pick([null, 'm']),
        any: () =>
          members(dice, {
            free: () => dice.pick<unknown>([1, 'x', [1, 2], { deep: dice.pick(words) }]),
            other: () => labels(dice),
          }),
      },
      0.35,
    ),
  }),
  statusPart: (dice) =>
    members(dice, {
      replicas: () => dice.below(3),
      phase: () => dice.pick(words),
      conditions: () => dice.some(words).map((type) => ({ type, status: dice.pick(['True', 'False']) })),
    }),
  pointers: {
    '/spec/tags': [[], ['a', 'q']],
    '/spec/tags/0': ['a', 'q'],
    '/spec/ports/0': [{ port: 9, name: 'json' }],
    '/spec/labels': [{}, { a: '9' }],
    '/spec/nested/left': [{}, { x: 9 }],
    '/spec/any/free': [1, 'x', { deep: 'q' }],
    '/spec/whole': [{}, { a: 'q' }],
    '/spec/replicas': [1, 5],
    '/metadata/finalizers': [[], ['e.com/q']],
  },
}

export const randomKinds: readonly RandomKind[] = [configMaps, deployments, services, pods, widgets]

/** An object of a kind: its base, or not, under what chance adds. */
export function randomObject(dice: Dice, kind: RandomKind, name: string, withBase: boolean): Members {
  const object = { apiVersion: kind.apiVersion, kind: kind.kind, metadata: { name, ...metadata(dice) } }
  const part = dice.chance(0.9) ? kind.part(dice) : {}
  return { ...object, ...(withBase ? overlay(kind.base(), part) : part) }
}

/** Objects are laid over each other member by member, everything else is replaced. */
export function overlay(base: Members, over: Members): Members {
  const result: Members = { ...base }
  for (const [key, value] of Object.entries(over)) {
    const below = result[key]
    result[key] = isMembers(value) && isMembers(below) ? overlay(below, value) : value
  }
  return result
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
