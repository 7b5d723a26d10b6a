/**
 * The repository that `flotilla up` seeds: a few applications as bases with overlays, and an ApplicationSet for each
 * pattern of the ApplicationSet documentation. `repoUrl` is where the fleet's own Git server serves it.
 */
export function demoFiles(repoUrl: string): Record<string, string> {
  return {
    ...readme(),
    ...guestbook(),
    ...platform(),
    ...services(),
    ...regional(),
    ...statusPage(),
    ...applicationSets(repoUrl),
  }
}

function readme(): Record<string, string> {
  return {
    'README.md': `# The fleet's repository

Everything that runs on the fleet is described here. Change something, commit, push, and watch it roll out.

| folder | what | ApplicationSet that fans it out |
|---|---|---|
| apps/guestbook | a base and an overlay for each environment | applicationsets/guestbook.yaml: clusters by label |
| platform/* | what every cluster has | applicationsets/platform.yaml: clusters x directories |
| services/*/config.json | services that describe themselves | applicationsets/services.yaml: clusters x files |
| apps/api | one base, tuned for each cluster | applicationsets/regional.yaml: merge, templatePatch |
| apps/status-page | named clusters | applicationsets/status-page.yaml: list |

Try: set another image tag in apps/guestbook/base/deployment.yaml, commit and push.
`,
  }
}

function deployment(name: string, image: string, port: number, args: readonly string[] = []): string {
  const argsLines = args.length === 0 ? '' : `\n          args:${args.map((arg) => `\n            - ${arg}`).join('')}`
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  labels:
    app: ${name}
spec:
  replicas: 1
  selector:
    matchLabels:
      app: ${name}
  template:
    metadata:
      labels:
        app: ${name}
    spec:
      containers:
        - name: ${name}
          image: ${image}${argsLines}
          ports:
            - containerPort: ${port}
          resources:
            requests:
              cpu: 10m
              memory: 16Mi
`
}

function service(name: string, port: number, targetPort: number): string {
  return `apiVersion: v1
kind: Service
metadata:
  name: ${name}
spec:
  selector:
    app: ${name}
  ports:
    - port: ${port}
      targetPort: ${targetPort}
`
}

function guestbook(): Record<string, string> {
  const overlay = (environment: string, replicas: number) => `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - ../../base
labels:
  - pairs:
      env: ${environment}
    includeTemplates: true
replicas:
  - name: guestbook
    count: ${replicas}
configMapGenerator:
  - name: guestbook
    literals:
      - GREETING=Hello from ${environment}
`
  return {
    'apps/guestbook/base/deployment.yaml': deployment('guestbook', 'nginx:1.27', 80).replace(
      '          resources:',
      `          envFrom:
            - configMapRef:
                name: guestbook
          resources:`,
    ),
    'apps/guestbook/base/service.yaml': service('guestbook', 80, 80),
    'apps/guestbook/base/kustomization.yaml': 'resources:\n  - deployment.yaml\n  - service.yaml\n',
    'apps/guestbook/overlays/production/kustomization.yaml': overlay('production', 2),
    'apps/guestbook/overlays/staging/kustomization.yaml': overlay('staging', 1),
  }
}

function platform(): Record<string, string> {
  return {
    'platform/node-agent/daemonset.yaml': `apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: node-agent
spec:
  selector:
    matchLabels:
      app: node-agent
  template:
    metadata:
      labels:
        app: node-agent
    spec:
      containers:
        - name: node-agent
          image: registry.k8s.io/pause:3.10
`,
    'platform/policies/quota.yaml': `apiVersion: v1
kind: ResourceQuota
metadata:
  name: platform
spec:
  hard:
    pods: "50"
`,
    'platform/policies/deny-all.yaml': `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: deny-all
spec:
  podSelector: {}
  policyTypes:
    - Ingress
`,
  }
}

function services(): Record<string, string> {
  const one = (name: string, image: string, namespace: string) => ({
    [`services/${name}/config.json`]: `${JSON.stringify({ service: name, namespace }, undefined, 2)}\n`,
    [`services/${name}/deploy/deployment.yaml`]: deployment(name, image, 8080, ['--port=8080']),
    [`services/${name}/deploy/service.yaml`]: service(name, 80, 8080),
  })
  return { ...one('checkout', 'traefik/whoami:v1.10', 'shop'), ...one('catalogue', 'traefik/whoami:v1.10', 'shop') }
}

function regional(): Record<string, string> {
  return {
    'apps/api/deployment.yaml': deployment('api', 'hashicorp/http-echo:1.0', 5678, ['-text=hello']),
    'apps/api/service.yaml': service('api', 80, 5678),
    'apps/api/kustomization.yaml': 'resources:\n  - deployment.yaml\n  - service.yaml\n',
  }
}

function statusPage(): Record<string, string> {
  return {
    'apps/status-page/deployment.yaml': deployment('status-page', 'nginx:1.27', 80),
    'apps/status-page/page.yaml': `apiVersion: v1
kind: ConfigMap
metadata:
  name: status-page
data:
  index.html: |
    <h1>All systems operational</h1>
`,
  }
}

function applicationSets(repoUrl: string): Record<string, string> {
  const automated = `      syncPolicy:
        automated:
          prune: true
          selfHeal: true
        syncOptions:
          - CreateNamespace=true
`
  return {
    'applicationsets/guestbook.yaml': `# Every cluster that has a label env gets the overlay of its environment.
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata:
  name: guestbook
  namespace: argocd
spec:
  goTemplate: true
  goTemplateOptions: ["missingkey=error"]
  generators:
    - clusters:
        selector:
          matchExpressions:
            - key: env
              operator: Exists
  template:
    metadata:
      name: "guestbook-{{ .name }}"
    spec:
      project: default
      source:
        repoURL: ${repoUrl}
        targetRevision: main
        path: "apps/guestbook/overlays/{{ .metadata.labels.env }}"
      destination:
        server: "{{ .server }}"
        namespace: guestbook
${automated}`,
    'applicationsets/platform.yaml': `# Every folder below platform/ on every member: a matrix of clusters and directories.
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata:
  name: platform
  namespace: argocd
spec:
  goTemplate: true
  goTemplateOptions: ["missingkey=error"]
  generators:
    - matrix:
        generators:
          - clusters:
              selector:
                matchExpressions:
                  - key: env
                    operator: Exists
          - git:
              repoURL: ${repoUrl}
              revision: main
              directories:
                - path: platform/*
  template:
    metadata:
      name: "{{ .path.basename }}-{{ .name }}"
    spec:
      project: default
      source:
        repoURL: ${repoUrl}
        targetRevision: main
        path: "{{ .path.path }}"
      destination:
        server: "{{ .server }}"
        namespace: "platform-{{ .path.basename }}"
${automated}`,
    'applicationsets/services.yaml': `# Every services/*/config.json on every production cluster: a matrix of clusters and files.
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata:
  name: services
  namespace: argocd
spec:
  goTemplate: true
  goTemplateOptions: ["missingkey=error"]
  generators:
    - matrix:
        generators:
          - clusters:
              selector:
                matchLabels:
                  env: production
          - git:
              repoURL: ${repoUrl}
              revision: main
              files:
                - path: services/*/config.json
  template:
    metadata:
      name: "{{ .service }}-{{ .name }}"
    spec:
      project: default
      source:
        repoURL: ${repoUrl}
        targetRevision: main
        path: "{{ .path.path }}/deploy"
      destination:
        server: "{{ .server }}"
        namespace: "{{ .namespace }}"
${automated}`,
    'applicationsets/regional.yaml': `# One base, tuned for each cluster by its labels; more replicas where a list says so (merge), and the number set by a
# kustomize patch that a templatePatch adds.
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata:
  name: api
  namespace: argocd
spec:
  goTemplate: true
  goTemplateOptions: ["missingkey=error"]
  generators:
    - merge:
        mergeKeys: [name]
        generators:
          - clusters:
              selector:
                matchLabels:
                  env: production
              values:
                replicas: "1"
          - list:
              elements:
                - name: us-east
                  values:
                    replicas: "3"
  template:
    metadata:
      name: "api-{{ .name }}"
    spec:
      project: default
      source:
        repoURL: ${repoUrl}
        targetRevision: main
        path: apps/api
      destination:
        server: "{{ .server }}"
        namespace: api
${automated}  templatePatch: |
    spec:
      source:
        kustomize:
          patches:
            - target:
                kind: Deployment
              patch: |
                - op: replace
                  path: /spec/replicas
                  value: {{ .values.replicas }}
`,
    'applicationsets/status-page.yaml': `# Named clusters, in the simple template syntax.
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata:
  name: status-page
  namespace: argocd
spec:
  generators:
    - list:
        elements:
          - cluster: in-cluster
            environment: hub
  template:
    metadata:
      name: "status-page-{{cluster}}"
    spec:
      project: default
      source:
        repoURL: ${repoUrl}
        targetRevision: main
        path: apps/status-page
      destination:
        name: "{{cluster}}"
        namespace: status-page
${automated}`,
  }
}
