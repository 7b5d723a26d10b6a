import type { Part } from './part.js'

const reference = (kind: string, name: string, group: string) =>
  `{apiVersion: ${group}.cluster.x-k8s.io/v1beta1, kind: ${kind}, name: ${name}}`

const capi = (name: string, octet: number) => `apiVersion: cluster.x-k8s.io/v1beta1
kind: Cluster
metadata: {name: ${name}, namespace: capi}
spec:
  clusterNetwork:
    pods: {cidrBlocks: [172.${octet}.0.0/16]}
    services: {cidrBlocks: [100.${octet}.0.0/16]}
  controlPlaneRef: ${reference('KubeadmControlPlane', `${name}-cp`, 'controlplane')}
  infrastructureRef: ${reference('AWSCluster', name, 'infrastructure')}
---
apiVersion: infrastructure.cluster.x-k8s.io/v1beta2
kind: AWSCluster
metadata: {name: ${name}, namespace: capi, labels: {cluster.x-k8s.io/cluster-name: ${name}}}
spec:
  region: us-east-1
  network:
    vpc: {cidrBlock: 10.${octet + 100}.0.0/16}
    subnets:
      - {id: subnet-a, isPublic: true}
      - {id: subnet-b, isPublic: false}
---
apiVersion: controlplane.cluster.x-k8s.io/v1beta1
kind: KubeadmControlPlane
metadata: {name: ${name}-cp, namespace: capi}
spec:
  version: v1.33.1
  replicas: 3
  machineTemplate:
    infrastructureRef: ${reference('AWSMachineTemplate', `${name}-cp`, 'infrastructure')}
  kubeadmConfigSpec:
    clusterConfiguration:
      apiServer:
        extraArgs: {audit-log-path: /var/log/audit.log, enable-admission-plugins: NodeRestriction}
---
apiVersion: infrastructure.cluster.x-k8s.io/v1beta2
kind: AWSMachineTemplate
metadata: {name: ${name}-cp, namespace: capi}
spec: {template: {spec: {instanceType: m5.large}}}
---
apiVersion: cluster.x-k8s.io/v1beta1
kind: MachineDeployment
metadata: {name: ${name}-md, namespace: capi}
spec:
  clusterName: ${name}
  selector: {}
  template:
    spec:
      clusterName: ${name}
      version: v1.33.1
      bootstrap: {dataSecretName: boot}
      infrastructureRef: ${reference('AWSMachineTemplate', `${name}-cp`, 'infrastructure')}
`

const script = `export AWS_B64ENCODED_CREDENTIALS=$(clusterawsadm bootstrap credentials encode-as-profile)
clusterctl init --infrastructure=aws,docker
eksctl create cluster --name edge --region eu-west-1 --with-oidc --nodes 3
kubectl logs -n capi-system -l cluster.x-k8s.io/provider=cluster-api
`

const kind = `kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
nodes:
- role: control-plane
  image: kindest/node:v1.33.1
  extraMounts:
  - {hostPath: /var/run/docker.sock, containerPath: /var/run/docker.sock}
- role: worker
  image: kindest/node:v1.33.1
`

const bundles = /capi\/\w+\.yaml/

export const lifecyclePart: Part = {
  name: 'lifecycle',
  texts: {
    'capi/payments.yaml': capi('payments', 20),
    'capi/analytics.yaml': capi('analytics', 21),
    'capi/storefront.yaml': capi('storefront', 22),
    'capi/kind/kind.yaml': kind,
    'capi/kind/create.sh': script,
    'kubeadm/config.yaml':
      'apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.33.0\napiServer:\n  extraArgs: [{name: audit-log-path, value: /var/log/audit.log}]\n',
  },
  faults: [
    {
      check: 'capi-dangling-reference',
      in: bundles,
      from: /kind: KubeadmControlPlane, name: (\w+)-cp/,
      to: 'kind: KubeadmControlPlane, name: $1-pc',
    },
    { check: 'capi-dangling-reference', in: bundles, from: /kind: AWSCluster, name: (\w+)/, to: 'kind: AWSCluster, name: $1-x' },
    {
      check: 'capi-dangling-reference',
      in: bundles,
      from: /kind: AWSMachineTemplate, name: (\w+)-cp/,
      to: 'kind: AWSMachineTemplate, name: $1-mt',
    },
    {
      check: 'capi-reference-without-api-version',
      in: bundles,
      from: 'infrastructureRef: {apiVersion: infrastructure.cluster.x-k8s.io/v1beta1, kind: AWSCluster',
      to: 'infrastructureRef: {kind: AWSCluster',
    },
    {
      check: 'capi-cluster-missing',
      in: bundles,
      from: / {2}clusterName: (\w)(\w)(\w+)\n {2}selector/,
      to: '  clusterName: $2$1$3\n  selector',
    },
    { check: 'capi-control-plane-refused', in: bundles, from: 'replicas: 3', to: 'replicas: 2' },
    {
      check: 'capi-version-unsupported',
      in: bundles,
      from: 'version: v1.33.1\n  replicas',
      to: 'version: v1.27.0\n  replicas',
      and: { from: '      version: v1.33.1', to: '      version: v1.27.0' },
    },
    { check: 'version-skew', in: bundles, from: '      version: v1.33.1', to: '      version: v1.34.0' },
    {
      check: 'version-skew',
      in: /kind\.yaml/,
      from: /worker\n {2}image: kindest\/node:v1.33.1/,
      to: 'worker\n  image: kindest/node:v1.34.0',
    },
    {
      check: 'kcp-infrastructure-template',
      in: bundles,
      from: / {2}machineTemplate:\n {4}infrastructureRef/,
      to: '  infrastructureTemplate',
    },
    { check: 'removed-flag', in: bundles, from: '{audit-log-path', to: '{cloud-provider: external, audit-log-path' },
    {
      check: 'removed-feature-gate',
      in: bundles,
      from: '{audit-log-path',
      to: '{feature-gates: TTLAfterFinished=true, audit-log-path',
    },
    { check: 'removed-admission-plugin', in: bundles, from: 'NodeRestriction', to: '"NodeRestriction,PodSecurityPolicy"' },
    { check: 'aws-no-public-subnet', in: bundles, from: 'isPublic: true', to: 'isPublic: false' },
    { check: 'aws-subnet-without-id', in: bundles, from: /\{id: subnet-\w, /, to: '{' },
    { check: 'node-cidr-overlap', in: bundles, from: /cidrBlock: 10\.1(\d\d)\.0\.0\/16/, to: 'cidrBlock: 172.16.0.0/12' },
    { check: 'clusterctl-init-variables', in: /create\.sh/, from: /export AWS.*\n/, to: '' },
    { check: 'kind-docker-socket', in: /kind\.yaml/, from: / {2}extraMounts:\n.*\n/, to: '' },
    { check: 'eksctl-unknown-flag', in: /create\.sh/, from: '--with-oidc', to: '--enable-iam' },
    {
      check: 'log-selector-unknown',
      in: /create\.sh/,
      from: '-l cluster.x-k8s.io/provider=cluster-api',
      to: '-l app=cluster-api-controller',
    },
    {
      check: 'capi-docker-kinds',
      in: bundles,
      from: /$/,
      to: '---\napiVersion: infrastructure.cluster.x-k8s.io/v1beta1\nkind: DockerMachineTemplate\nmetadata: {name: spare, namespace: capi}\nspec: {template: {spec: {}}}\n',
    },
    {
      check: 'kubefedctl-join-context',
      in: bundles,
      from: /kind: Cluster\nmetadata: \{name: ([\w-]+), .*/,
      to: '$&\n# kubefedctl join $1 --cluster-context=kind-$1 --host-cluster-context=hub',
    },
    { check: 'kubeadm-api-version', in: /kubeadm/, from: 'v1beta4', to: 'v1beta2' },
    { check: 'kubeadm-api-version', in: /kubeadm/, from: 'v1.33.0', to: 'v1.30.0' },
  ],
}
