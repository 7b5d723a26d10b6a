import { cleanFleet } from './every-tool.js'
import type { Fault, Mutant, Part } from './part.js'

/** Which of a file's neighbours are read with it: tools that have to do with each other are one part. */
function partOf(path: string): string {
  if (/^clusters\/us-/.test(path)) return path.endsWith('external-dns.yaml') ? 'dns' : 'cilium'
  if (/^clusters\/eu-/.test(path)) return 'istio'
  if (/^clusters\/ap-|^submariner/.test(path)) return 'submariner'
  if (/^argocd|^fleet\//.test(path)) return 'gitops'
  return path.split('/')[0]!
}

function fleetParts(): Map<string, Record<string, string>> {
  const parts = new Map<string, Record<string, string>>()
  for (const [path, text] of Object.entries(cleanFleet())) {
    // Scripts are read with the clusters that they make.
    const part = /^(kind|scripts)\//.test(path) ? 'scripts' : partOf(path)
    parts.set(part, { ...parts.get(part), [path]: text })
  }
  return parts
}

/** `path`: in every file that matches, each a mutant; `from` has to be there. */
type Change = readonly [path: RegExp, from: string | RegExp, to: string]
interface Slip {
  readonly check: string
  readonly follows?: readonly string[]
  readonly changes: readonly Change[]
}

const cilium = /cilium-values/
const shop = /us-east\/shop/
const faults: readonly Slip[] = [
  {
    check: 'pod-cidr-overlap',
    changes: [
      [/us-east\/cilium/, '10.1.0.0/16', '10.2.0.0/15'],
      [/us-west\/cilium/, '10.2.0.0/16', '10.3.128.0/17'],
      [/us-south\/cilium/, '10.3.0.0/16', '10.0.0.0/14'],
      [/ap-one/, '10.40.0.0/16', '10.41.0.0/16'],
    ],
  },
  {
    check: 'service-cidr-overlap',
    changes: [
      [/ap-one/, '10.60.0.0/16', '10.61.0.0/16'],
      [/ap-two/, '10.61.0.0/16', '10.60.128.0/17'],
    ],
  },
  {
    check: 'node-cidr-overlap',
    changes: [
      [/capi/, '192.168.0.0/16', '172.16.0.0/12'],
      [/capi/, '10.96.0.0/12', '172.16.0.0/20'],
    ],
  },
  {
    check: 'cilium-cluster-id',
    changes: [
      [/us-east\/cilium/, 'id: 1', 'id: 2'],
      [/us-west\/cilium/, 'id: 2', 'id: 3'],
      [cilium, /id: \d/, 'id: 300'],
      [cilium, /id: \d/, 'id: 0'],
    ],
  },
  {
    check: 'cilium-mesh-settings-differ',
    follows: ['cilium-native-cidr'],
    changes: [
      [cilium, 'maxConnectedClusters: 255', 'maxConnectedClusters: 511'],
      [cilium, 'routingMode: native', 'routingMode: tunnel'],
    ],
  },
  {
    check: 'cilium-native-cidr',
    changes: [
      [cilium, '10.0.0.0/8', '10.1.0.0/24'],
      [cilium, '10.0.0.0/8', '192.168.0.0/16'],
    ],
  },
  {
    check: 'cilium-removed-value',
    follows: ['cilium-mesh-settings-differ'],
    changes: [[cilium, 'routingMode: native', 'tunnel: disabled']],
  },
  { check: 'cilium-mesh-not-exposed', changes: [[cilium, '    service:\n      type: LoadBalancer\n', '']] },
  { check: 'cilium-helm-certificates', changes: [[cilium, 'method: cronJob', 'method: helm']] },
  {
    check: 'mesh-one-way',
    changes: [
      [/us-east\/cilium/, '      - name: us-west\n        port: 2379\n', ''],
      [/us-west\/cilium/, '      - name: us-south\n        port: 2379\n', ''],
    ],
  },
  {
    check: 'cilium-annotation',
    follows: ['cilium-global-one-side'],
    changes: [
      [
        /us-.*\/shop/,
        '    service.cilium.io/global: "true"\n',
        '    service.cilium.io/global: "true"\n    service.cilium.io/affinity: nearest\n',
      ],
      [/us-.*\/shop/, 'service.cilium.io/global: "true"', 'service.cilium.io/shared: "true"'],
    ],
  },
  { check: 'cilium-global-one-side', changes: [[/us-.*\/shop/, '  annotations:\n    service.cilium.io/global: "true"\n', '']] },
  {
    check: 'service-differs',
    follows: ['backend-missing', 'service-target-port'],
    changes: [
      [/us-.*\/shop/, '- name: http\n      port: 80\n', '- name: web\n      port: 80\n'],
      [/us-.*\/shop/, 'port: 80\n', 'port: 81\n'],
      [/ap-/, 'name: pg', 'name: psql'],
      [/ap-/, 'port: 5432', 'port: 5433'],
    ],
  },
  { check: 'istio-mesh-differs', changes: [[/istio-values/, 'shop-mesh', 'other-mesh']] },
  { check: 'istio-trust-domain', changes: [[/istio-values/, 'example.com', 'other.example.com']] },
  {
    check: 'istio-remote-secret',
    follows: ['mesh-one-way'],
    changes: [
      [
        /eu-.*\/istio\.yaml/,
        'namespace: istio-system\n  labels:\n    istio/multi',
        'namespace: default\n  labels:\n    istio/multi',
      ],
    ],
  },
  {
    check: 'remote-kubeconfig',
    changes: [
      [/eu-.*\/istio\.yaml/, /server: https:\/\/k8s\.[a-z-]+\.example\.com:6443/, 'server: https://127.0.0.1:6443'],
      [/eu-.*\/istio\.yaml/, '          certificate-authority-data: Y2E=\n', ''],
    ],
  },
  {
    check: 'istio-east-west-gateway',
    changes: [
      [/eu-.*\/istio\.yaml/, 'AUTO_PASSTHROUGH', 'PASSTHROUGH'],
      [/eu-.*\/istio\.yaml/, '"*.local"', '"shop.local"'],
      [/eu-.*\/istio\.yaml/, 'number: 15443', 'number: 15444'],
    ],
  },
  {
    check: 'istio-refused',
    changes: [
      [
        /eu-.*\/istio\.yaml/,
        '        failover:\n',
        '        distribute: [{from: eu-north-1, to: {"eu-north-1": 80, "eu-south-1": 20}}]\n        failover:\n',
      ],
      [/eu-.*\/istio\.yaml/, 'baseEjectionTime: 30s', 'baseEjectionTime: thirty'],
    ],
  },
  { check: 'service-entry-points-at-itself', changes: [[/eu-.*\/istio\.yaml/, 'gateway.bank.example.net', 'bank.example.com']] },
  {
    check: 'service-import-by-hand',
    changes: [
      [
        /ap-.*exports/,
        /^/,
        'apiVersion: multicluster.x-k8s.io/v1alpha1\nkind: ServiceImport\nmetadata: {name: db, namespace: data}\nspec: {type: ClusterSetIP, ports: [{port: 5432}]}\n---\n',
      ],
    ],
  },
  {
    check: 'export-without-service',
    changes: [
      [/ap-.*exports/, /kind: ServiceExport\nmetadata:\n {2}name: db/, 'kind: ServiceExport\nmetadata:\n  name: dbx'],
      [/ap-.*exports/, 'kind: Service\nmetadata:\n  name: db\n', 'kind: Service\nmetadata:\n  name: database\n'],
    ],
  },
  {
    check: 'external-dns-owner-shared',
    changes: [
      [/us-east\/external/, '--txt-owner-id=us-east', '--txt-owner-id=us-west'],
      [/us-south\/external/, '--txt-owner-id=us-south', '--txt-owner-id=us-east'],
    ],
  },
  { check: 'external-dns-policy-missing', changes: [[/external-dns/, '            - --policy=upsert-only\n', '']] },
  {
    check: 'external-dns-prefix',
    follows: ['record-policies-differ'],
    changes: [[/external-dns/, 'external-dns.kubernetes.io/hostname', 'external-dns.alpha.kubernetes.io/hostname']],
  },
  {
    check: 'record-policy-without-id',
    changes: [[/external-dns/, /\n {4}external-dns\.kubernetes\.io\/set-identifier: .*/, '']],
  },
  {
    check: 'route53-alias-zone',
    changes: [
      [/weights/, 'one-1.us-east-1.elb', 'one-1.us-east-2.elb'],
      [/weights/, 'Z32O12XQLNTSW2', 'Z35SXDOTRQ7X7K'],
    ],
  },
  {
    check: 'route53-policy-set',
    follows: ['route53-record-refused'],
    changes: [
      [/weights/, '"SetIdentifier": "two"', '"SetIdentifier": "one"'],
      [/weights/, '"SetIdentifier": "one", ', ''],
      [/weights/, '"Weight": 30', '"Region": "eu-west-1"'],
    ],
  },
  { check: 'multi-cluster-ingress-address', changes: [[/gke/, '203.0.113.10', 'api-address']] },
  {
    check: 'multi-cluster-ingress-backend',
    changes: [
      [/gke/, 'serviceName: api', 'serviceName: apo'],
      [/gke/, 'servicePort: 8080', 'servicePort: 8081'],
    ],
  },
  { check: 'ingress-hash-literal', changes: [[/us-.*\/shop/, '$binary_remote_addr', 'ip_hash']] },
  {
    check: 'ingress-class-annotation',
    changes: [
      [
        /us-.*\/shop/,
        '    nginx.ingress.kubernetes.io/upstream-hash-by',
        '    kubernetes.io/ingress.class: traefik\n    nginx.ingress.kubernetes.io/upstream-hash-by',
      ],
    ],
  },
  {
    check: 'application-set-without-project',
    follows: ['object-refused'],
    changes: [[/apps\.yaml/, '      project: default\n      source', '      source']],
  },
  { check: 'application-set-missing-key', changes: [[/apps\.yaml/, '  goTemplateOptions: ["missingkey=error"]\n', '']] },
  {
    check: 'application-set-template-form',
    changes: [
      [/apps\.yaml/, '{{ .name }}', '{{name}}'],
      [/apps\.yaml/, '{{ .server }}', '{{server}}'],
      [/apps\.yaml/, '  goTemplate: true\n', ''],
    ],
  },
  {
    check: 'cluster-secret-refused',
    changes: [
      [/argocd\/clusters/, '{"bearerToken"', '{"bearerToken'],
      [/argocd\/clusters/, '{"insecure": false}', '{"caData": "LS0t..."}'],
    ],
  },
  {
    check: 'cluster-target-near-miss',
    changes: [
      [/fleet\.yaml/, 'region: us-east-1', 'region: us-east'],
      [/apps\.yaml/, 'region: us-east-1', 'region: us-east'],
    ],
  },
  {
    check: 'application-destination-unknown',
    changes: [
      [/apps\.yaml/, 'name: prod-one', 'name: prod-onee'],
      [/apps\.yaml/, 'name: prod-one', 'name: prodone'],
    ],
  },
  {
    check: 'federated-namespace-misplaced',
    follows: ['field-unknown'],
    changes: [[/kubefed/, 'name: team\n  namespace: team', 'name: team\n  namespace: kube-federation-system']],
  },
  {
    check: 'federated-cluster-unknown',
    follows: ['federated-override-without-placement'],
    changes: [
      [/kubefed/, '- name: fed-two', '- name: fed-tow'],
      [/kubefed/, 'clusterName: fed-one', 'clusterName: fed-onne'],
    ],
  },
  {
    check: 'federated-override-without-placement',
    changes: [[/kubefed/, /( {2}overrides:[\s\S]*)- name: fed-one/, '$1- name: fed-two']],
  },
  {
    check: 'capi-dangling-reference',
    changes: [
      [/capi/, 'kind: AWSCluster\nmetadata:\n  name: work-1', 'kind: AWSCluster\nmetadata:\n  name: work-x'],
      [
        /capi/,
        'kind: KubeadmControlPlane\nmetadata:\n  name: work-1-cp',
        'kind: KubeadmControlPlane\nmetadata:\n  name: work-1-c',
      ],
      [
        /capi/,
        'kind: KubeadmConfigTemplate\nmetadata:\n  name: work-1-md',
        'kind: KubeadmConfigTemplate\nmetadata:\n  name: work-1-mx',
      ],
    ],
  },
  {
    check: 'capi-reference-without-api-version',
    changes: [
      [/capi/, '    apiVersion: controlplane.cluster.x-k8s.io/v1beta1\n', ''],
      [/capi/, '  infrastructureRef:\n    apiVersion: infrastructure.cluster.x-k8s.io/v1beta2\n', '  infrastructureRef:\n'],
    ],
  },
  {
    check: 'capi-version-unsupported',
    follows: ['version-skew'],
    changes: [
      [/capi/, 'version: v1.33.4', 'version: v1.29.2'],
      [/capi/, 'version: v1.33.4', 'version: v1.27.0'],
    ],
  },
  { check: 'removed-flag', changes: [[/capi/, 'audit-log-path: /var/log/audit.log', 'cloud-provider: external']] },
  {
    check: 'kcp-infrastructure-template',
    changes: [[/capi/, '  machineTemplate:\n    infrastructureRef:', '  infrastructureTemplate:']],
  },
  { check: 'aws-subnet-without-id', changes: [[/capi/, '- id: private-a\n        availability', '- availability']] },
  { check: 'aws-no-public-subnet', changes: [[/capi/, 'isPublic: true', 'isPublic: false']] },
  { check: 'kind-docker-socket', changes: [[/kind\//, /containerPath: .*/, 'containerPath: /var/lib/docker']] },
  { check: 'clusterctl-init-variables', changes: [[/lab\.sh/, /export AWS.*\n/, '']] },
  {
    check: 'eksctl-unknown-flag',
    changes: [
      [/lab\.sh/, '--with-oidc', '--enable-iam'],
      [/lab\.sh/, '--node', '--nodess --node'],
      [/lab\.sh/, '--region us', '--regoin us'],
    ],
  },
  {
    check: 'log-selector-unknown',
    changes: [[/lab\.sh/, 'cluster.x-k8s.io/provider=cluster-api', 'app=cluster-api-controller']],
  },
  { check: 'kubefedctl-unknown-command', changes: [[/lab\.sh/, 'kubefedctl join fed-one', 'kubefedctl init fed-one']] },
  {
    check: 'istioctl-moved-command',
    changes: [
      [/lab\.sh/, 'istioctl create-remote-secret --context eu-north', 'istioctl x create-remote-secret --context eu-north'],
    ],
  },
  { check: 'liqoctl-install-without-provider', changes: [[/lab\.sh/, 'liqoctl install kind', 'liqoctl install']] },
  { check: 'kubeconfig-overwritten', changes: [[/lab\.sh/, '> merged.yaml', '> ~/.kube/config']] },
  { check: 'dex-groups-from-google', changes: [[/dex/, 'https://login.example.com', 'https://accounts.google.com']] },
  { check: 'dex-groups-dropped', changes: [[/dex/, '          insecureEnableGroups: true\n', '']] },
  { check: 'dex-without-listener', changes: [[/dex/, '    web:\n      http: 0.0.0.0:5556\n', '']] },
  { check: 'dex-secret-not-expanded', changes: [[/dex/, 'secretEnv: ARGOCD_SECRET', 'secret: $ARGOCD_SECRET']] },
  { check: 'dex-argo-cd-callback', changes: [[/dex/, '/auth/callback', '/api/dex/callback']] },
  {
    check: 'backend-missing',
    changes: [
      [/us-.*\/shop/, /service:\n {16}name: frontend/, 'service:\n                name: frontned'],
      [/us-.*\/shop/, /port:\n {18}name: http/, 'port:\n                  name: https'],
    ],
  },
  {
    check: 'pod-reference-missing',
    changes: [
      [
        /us-.*\/shop/,
        /configMapKeyRef:\n {18}name: frontend-settings/,
        'configMapKeyRef:\n                  name: frontend-setings',
      ],
      [/us-.*\/shop/, 'key: level', 'key: levle'],
      [/us-.*\/shop/, 'serviceAccountName: frontend', 'serviceAccountName: fronteend'],
    ],
  },
  {
    check: 'probe-port-unknown',
    changes: [[/us-.*\/shop/, 'path: /healthz\n              port: http', 'path: /healthz\n              port: htpp']],
  },
  {
    check: 'version-skew',
    changes: [[/capi/, 'clusterName: work-1\n      version: v1.33.4', 'clusterName: work-1\n      version: v1.34.1']],
  },
  { check: 'role-missing', changes: [[/us-.*\/shop/, 'kind: Role\n  name: reader', 'kind: Role\n  name: raeder']] },
  {
    check: 'scale-target-missing',
    changes: [[/us-.*\/shop/, 'kind: Deployment\n    name: frontend', 'kind: Deployment\n    name: frontned']],
  },
  {
    check: 'service-selects-nothing',
    follows: ['service-differs'],
    changes: [[shop, 'spec:\n  selector:\n    app: frontend\n  ports', 'spec:\n  selector:\n    app: fronted\n  ports']],
  },
  { check: 'service-target-port', changes: [[/us-.*\/shop/, 'targetPort: http', 'targetPort: htpt']] },
  {
    check: 'api-removed',
    follows: ['field-unknown', 'object-refused', 'field-type'],
    changes: [
      [/us-.*\/shop/, 'policy/v1', 'policy/v1beta1'],
      [/us-.*\/shop/, 'batch/v1', 'batch/v1beta1'],
      [/us-.*\/shop/, 'autoscaling/v2', 'autoscaling/v2beta2'],
      [/us-.*\/shop/, 'networking.k8s.io/v1', 'networking.k8s.io/v1beta1'],
    ],
  },
  {
    check: 'kind-unknown',
    follows: [
      'service-selects-nothing',
      'scale-target-missing',
      'pod-reference-missing',
      'backend-missing',
      'role-missing',
      'cilium-global-one-side',
    ],
    changes: [
      [/us-.*\/shop/, 'kind: CronJob', 'kind: Cronjob'],
      [/us-.*\/shop/, 'apiVersion: apps/v1\nkind: Deployment', 'apiVersion: v1\nkind: Deployment'],
      [/us-.*\/shop/, 'kind: PodDisruptionBudget', 'kind: PodDisruptionBugdet'],
    ],
  },
  {
    check: 'object-refused',
    follows: ['service-selects-nothing', 'service-differs', 'backend-missing'],
    changes: [
      [/us-.*\/shop/, '              image: registry.example.com/report:1.0.0\n', ''],
      [/us-.*\/shop/, 'restartPolicy: Never', 'restartPolicy: Always'],
      [/us-.*\/shop/, '0 3 * * *', '0 25 * * *'],
      [/us-.*\/shop/, 'containerPort: 8080', 'containerPort: 80800'],
      [/us-.*\/shop/, 'name: report\n  namespace', 'name: Report_1\n  namespace'],
      [/us-.*\/shop/, 'pathType: Prefix', 'pathType: Start'],
    ],
  },
  {
    check: 'field-type',
    follows: ['cilium-global-one-side'],
    changes: [
      [/us-.*\/shop/, 'replicas: 3', 'replicas: three'],
      [/us-.*\/shop/, 'containerPort: 8080', 'containerPort: "8080"'],
      [/us-.*\/shop/, 'service.cilium.io/global: "true"', 'service.cilium.io/global: true'],
      [/us-.*\/shop/, 'maxReplicas: 9', 'maxReplicas: [9]'],
      [/us-.*\/shop/, 'periodSeconds: 5', 'periodSeconds: 5s'],
      [/us-.*\/shop/, 'level: info', 'level: 3'],
    ],
  },
  {
    check: 'indentation-lost',
    follows: ['object-refused', 'field-unknown', 'kind-unknown'],
    changes: [
      [
        /ap-.*exports/,
        'kind: ServiceExport\nmetadata:\n  name: db\n  namespace: data\n',
        'kind: ServiceExport\nmetadata:\nname: db\nnamespace: data\n',
      ],
    ],
  },
  {
    check: 'unreadable-input',
    follows: ['role-missing'],
    changes: [
      [/shop\.yaml|apps\.yaml|federation|external-dns/, 'metadata:\n', 'metadata:\n\t'],
      [/cilium-values|istio-values/, '\n', '\n  : [\n'],
    ],
  },
]

/** The fleet in its parts, with the faults that are made by hand: of each file the first place. */
export function everyToolParts(): Part[] {
  return [...fleetParts()].map(([name, texts]) => ({
    name: `every tool, ${name}`,
    texts,
    faults: faults.flatMap(({ check, follows = [], changes }) =>
      changes
        .filter(([path, from]) =>
          Object.entries(texts).some(([file, text]) => path.test(file) && text.replace(from, '') !== text),
        )
        .map(([path, from, to]): Fault => ({ check, follows, in: path, from, to, place: 'first' })),
    ),
  }))
}

/** Kinds whose fields are known in full. */
const typed =
  /^apiVersion: (v1|apps\/v1|batch\/v1|autoscaling\/v2|policy\/v1|networking\.k8s\.io\/v1|rbac\.authorization\.k8s\.io\/v1|argoproj\.io\/v1alpha1)$/m

/** Two letters of a field's name in the wrong order. What misses the field then says so as well. */
export function slips(): Mutant[] {
  const follows = [
    'object-refused',
    'field-type',
    'service-selects-nothing',
    'service-differs',
    'backend-missing',
    'pod-reference-missing',
    'scale-target-missing',
    'role-missing',
    'service-target-port',
    'application-set-missing-key',
    'application-set-template-form',
    'application-set-without-project',
    'istio-east-west-gateway',
    'cilium-global-one-side',
    'external-dns-policy-missing',
    'record-policy-without-id',
    'import-without-namespace',
    'stateful-hostnames-clash',
    'cilium-annotation',
    'external-dns-owner-shared',
    'service-name-too-long',
    'kind-unknown',
    'mesh-one-way',
    'istio-remote-secret',
    'probe-port-unknown',
    'istio-network-label',
    'external-dns-refused',
    'record-owned-twice',
  ]
  const found: Mutant[] = []
  for (const files of fleetParts().values()) {
    for (const name of [
      'clusters/us-east/shop.yaml',
      'clusters/eu-north/istio.yaml',
      'clusters/us-east/external-dns.yaml',
      'argocd/apps.yaml',
    ]) {
      const text = files[name]
      if (text === undefined) continue
      let offset = 0
      for (const document of text.split('---\n')) {
        // What a Secret holds is its own affair.
        if (typed.test(document) && !document.includes('stringData:')) {
          for (const match of document.matchAll(/^( *(?:- )?)([a-z][A-Za-z]{4,}):/gm)) {
            const [, indent, field] = match as unknown as [string, string, string]
            // Names of data, labels and annotations are free, and without these there is no object.
            if (/^(level|apiVersion|region|server|memory|istio)$/.test(field) || (indent === '' && field !== 'metadata')) continue
            const at = offset + match.index + indent.length
            const swapped = field.slice(0, 2) + field[3] + field[2] + field.slice(4)
            if (swapped === field) continue
            found.push({
              name: `${name}: ${field} -> ${swapped} at ${at}`,
              check: 'field-unknown',
              follows,
              texts: { ...files, [name]: text.slice(0, at) + swapped + text.slice(at + field.length) },
            })
          }
        }
        offset += document.length + 4
      }
    }
  }
  return found
}
