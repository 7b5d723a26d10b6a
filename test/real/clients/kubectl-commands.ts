/** A command line of kubectl and what it has to write, to its output or its errors. `fails`: it has to fail. */
export interface Step {
  readonly run: string
  readonly says?: RegExp
  readonly fails?: true
  readonly input?: string
  /** Not before this minor version of kubectl. */
  readonly since?: number
  /** A controller brings it about: it is run again for at most a minute until it says so. */
  readonly soon?: true
}

const s = (run: string, says?: RegExp, more: Omit<Step, 'run' | 'says'> = {}): Step => ({ run, ...(says && { says }), ...more })
const soon = (run: string, says: RegExp): Step => ({ run, says, soon: true })
const refused = (run: string, says: RegExp, more: Omit<Step, 'run' | 'says'> = {}): Step => ({ run, says, fails: true, ...more })

/** The manifest app.yaml, and others that change it. */
export const manifests: Readonly<Record<string, string>> = {
  'app.yaml': manifest('v', 1),
  'changed.yaml': manifest('w', 2),
  'third.yaml': manifest('other', 2),
  'other-map.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: another, labels: {grp: x}}\ndata: {k: v}\n',
  'rbac.yaml':
    'apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: reconciled, namespace: work}\nrules: [{apiGroups: [""], resources: [pods], verbs: [get]}]\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: reconciled, namespace: work}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reconciled}\nsubjects: [{kind: User, name: jane, apiGroup: rbac.authorization.k8s.io}]\n',
  'kustomization.yaml':
    'namePrefix: kz-\nlabels: [{pairs: {kz: "1"}, includeSelectors: true}]\nconfigMapGenerator: [{name: gen, literals: [a=b]}]\nresources: [app.yaml]\n',
  'crd.yaml': `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.kubectl.example.com}
spec:
  group: kubectl.example.com
  scope: Namespaced
  names: {plural: gadgets, singular: gadget, kind: Gadget, listKind: GadgetList, shortNames: [gd], categories: [all]}
  versions:
  - name: v1
    served: true
    storage: true
    additionalPrinterColumns: [{name: Color, type: string, jsonPath: .spec.color}, {name: Wide, type: string, priority: 1, jsonPath: .spec.wide}]
    subresources: {status: {}, scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}}
    schema:
      openAPIV3Schema:
        type: object
        description: Gadget is a thing.
        properties:
          spec:
            type: object
            description: What is wanted.
            properties:
              color: {type: string, description: The colour of it.}
              wide: {type: string}
              replicas: {type: integer}
          status: {type: object, properties: {replicas: {type: integer}, conditions: {type: array, items: {type: object, x-kubernetes-preserve-unknown-fields: true}}}}
`,
  'gadget.yaml': 'apiVersion: kubectl.example.com/v1\nkind: Gadget\nmetadata: {name: one}\nspec: {color: red, wide: yes-it-is}\n',
  'editor.sh': '#!/bin/sh\nsed -i "s/before/after/" "$1"\n',
}

function manifest(value: string, replicas: number): string {
  return `apiVersion: v1
kind: ConfigMap
metadata: {name: map, labels: {grp: x}}
data: {k: ${value}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: app, labels: {grp: x}}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec:
      containers: [{name: c, image: "nginx:1.27", ports: [{containerPort: 80}]}]
`
}

export const creating: readonly Step[] = [
  s('create ns work', /namespace\/work created/),
  s('config set-context --current --namespace work'),
  s('create deployment web --image=nginx --replicas=2 --port=80', /deployment.apps\/web created/),
  s('create configmap cm --from-literal=a=b', /configmap\/cm created/),
  s('create secret generic sec --from-literal=p=q', /secret\/sec created/),
  s('create secret docker-registry reg --docker-username=u --docker-password=p --docker-server=r.example.com', /secret\/reg/),
  s('create serviceaccount bot', /serviceaccount\/bot created/),
  s('create role r1 --verb=get,list --resource=pods,pods/log', /role.rbac.authorization.k8s.io\/r1/),
  s('create rolebinding rb1 --role=r1 --serviceaccount=work:bot', /rolebinding/),
  s('create clusterrole cr1 --verb=get --resource=nodes', /clusterrole/),
  s('create clusterrolebinding crb1 --clusterrole=cr1 --serviceaccount=work:bot', /clusterrolebinding/),
  s('create clusterrole agg --aggregation-rule=foo=bar', /clusterrole/),
  s('create quota q1 --hard=pods=40,services=9', /resourcequota\/q1/),
  s('create priorityclass pc1 --value=100 --description=x', /priorityclass/),
  s('create poddisruptionbudget pdb1 --selector=app=web --min-available=1', /pdb1 created/),
  s('create job j1 --image=busybox -- echo hi', /job.batch\/j1/),
  s(`create cronjob cj1 --image=busybox --schedule='0 0 1 1 *' -- echo hi`, /cronjob.batch\/cj1/),
  s('create job j2 --from=cronjob/cj1', /job.batch\/j2/),
  s('create ingress ing --rule=foo.com/*=web:80', /ingress/),
  s('create service clusterip svc1 --tcp=80:80', /service\/svc1/),
  s('create service nodeport svc2 --tcp=80:80', /service\/svc2/),
  s('create service loadbalancer svc3 --tcp=80:80', /service\/svc3/),
  s('create service externalname svc4 --external-name=example.com', /service\/svc4/),
  s('create token bot --duration=1h', /^ey[\w-]+\.[\w-]+\.[\w-]+/),
  s('run box --image=busybox --command -- sh -c "trap exit TERM; while true; do sleep 1; done"', /pod\/box created/),
  s('run box2 --image=busybox --labels=a=b --env=X=Y --port=8080 --expose --dry-run=server -o yaml', /clusterIP: \d+/),
  s('expose deployment web --port=80 --target-port=80', /service\/web exposed/),
  s('autoscale deployment web --min=1 --max=4 --cpu-percent=50', /web autoscaled/),
  refused('create ns work', /namespaces "work" already exists/),
]

export const waiting: readonly Step[] = [
  s('rollout status deployment/web --timeout=60s', /successfully rolled out/),
  s('wait --for=condition=Ready pod -l app=web --timeout=60s', /condition met[\s\S]*condition met/),
  s('wait --for=jsonpath={.status.readyReplicas}=2 deploy/web --timeout=20s', /condition met/),
  s('wait --for=condition=Ready pod/box --timeout=60s', /condition met/),
  s('wait --for=condition=complete job/j1 --timeout=60s', /condition met/),
  s('wait --for=create cm/cm --timeout=5s', /condition met/, { since: 31 }),
  s('wait --for=delete pod/nope --timeout=2s'),
  refused('wait --for=jsonpath={.data.a}=never cm/cm --timeout=1s', /timed out waiting for the condition on configmaps\/cm/),
]

export const getting: readonly Step[] = [
  s(
    'get all',
    /pod\/box +1\/1 +Running[\s\S]*service\/svc4 +ExternalName +<none> +example.com[\s\S]*deployment.apps\/web +2\/2[\s\S]*cronjob.batch\/cj1/,
  ),
  s('get all -o wide', /CONTAINERS +IMAGES +SELECTOR/),
  s('get all -o name', /deployment.apps\/web\nreplicaset.apps\/web-/),
  s('get pods -o json -l app=web --chunk-size=1', /"kind": "List"/),
  s('get deploy web -o yaml --show-managed-fields', /manager: kubectl-create/),
  s('get deploy web -o yaml', /^apiVersion: apps\/v1\nkind: Deployment\nmetadata:\n(?![\s\S]*managedFields)/),
  s('get pod box -o custom-columns=N:.metadata.name,I:.spec.containers[*].image', /^N +I\nbox +busybox\n$/),
  s(`get deploy -o jsonpath='{range .items[*]}{.metadata.name}{"\\n"}{end}'`, /^web\n$/),
  s(`get deploy -o go-template='{{range .items}}{{.metadata.name}};{{end}}'`, /^web;$/),
  s('get deploy -o jsonpath-as-json={.items[*].metadata.name}', /\[\s+"web"\s+\]/),
  s('get deploy -o kyaml', /kind: "Deployment"/, { since: 35 }),
  s('get pods --sort-by=.metadata.creationTimestamp', /web-[\s\S]*box/),
  s('get pods -L app --show-labels -A', /NAMESPACE +NAME +READY +STATUS +RESTARTS +AGE +APP +LABELS/),
  s('get pods --show-kind --no-headers', /^pod\/box +1\/1/),
  s('get pods --field-selector=status.phase=Running,spec.nodeName!=x', /box/),
  refused('get pods --field-selector=spec.foo=x', /field label not supported: spec.foo/),
  s(
    'get cm,secret,sa,role,rolebinding,quota,pdb,hpa,ing,svc,ep,endpointslice,job,cj,rs,deploy,pvc,lease,netpol',
    /REFERENCE +TARGETS/,
  ),
  s('get nodes,ns,pc,sc,crd,clusterrole,csr,pv,ingressclass -A', /node-1 +Ready/),
  s('get deploy web --subresource=scale -o jsonpath={.kind}/{.spec.replicas}', /^Scale\/2$/),
  s('get deploy web --subresource=scale', /^NAME +DESIRED +AVAILABLE +AGE\nweb +2 +2/),
  s('get deploy web --subresource=status -o name', /deployment.apps\/web/),
  s('get --raw /api/v1/namespaces/work/pods?limit=1', /"continue":"/),
  s('get --raw /readyz?verbose', /readyz check passed/),
  s('get events --sort-by=.lastTimestamp', /Scheduled/),
  s('events', /LAST SEEN +TYPE +REASON +OBJECT +MESSAGE/),
  soon('events --for deployment/web', /ScalingReplicaSet/),
  s('get pods -w --request-timeout=3s --output-watch-events', /EVENT +NAME[\s\S]*ADDED +box/),
  s('get -f app.yaml --ignore-not-found'),
  refused('get nothing', /the server doesn't have a resource type "nothing"/),
  refused('get pod nope', /pods "nope" not found/),
  s('get pods -l app=nope', /No resources found in work namespace/),
]

export const describing: readonly Step[] = [
  s('describe pod box', /QoS Class: +BestEffort[\s\S]*Scheduled[\s\S]*Started container box/),
  s('describe deploy web', /2 desired \| 2 updated \| 2 total \| 2 available \| 0 unavailable[\s\S]*NewReplicaSet:/),
  s('describe rs', /Controlled By: +Deployment\/web/),
  s('describe node node-1', /Non-terminated Pods:[\s\S]*Allocated resources:/),
  soon('describe ns work', /Resource Quotas[\s\S]*pods +\d+ +40/),
  s('describe cm cm', /Data\n====\na:\n----\nb/),
  s('describe secret sec', /p: +1 bytes/),
  s('describe sa bot', /Name: +bot/),
  s('describe role r1', /pods\/log/),
  s('describe rolebinding rb1', /ServiceAccount +bot +work/),
  s('describe clusterrole cr1', /nodes/),
  s('describe clusterrolebinding crb1', /bot/),
  soon('describe quota q1', /services +\d+ +9/),
  s('describe pc pc1', /Value: +100/),
  soon('describe pdb pdb1', /Allowed disruptions: +1/),
  soon('describe job j1', /Pods Statuses: +0 Active[\s\S]*1 Succeeded/),
  s('describe cj cj1', /Schedule: +0 0 1 1 \*/),
  soon('describe ing ing', /web:80 \(\d/),
  s('describe svc svc2', /NodePort: +80-80 +\d+\/TCP/),
  soon('describe ep web', /Addresses: +\d/),
  s('describe endpointslice', /AddressType: +IPv4/),
  s('describe hpa web', /Reference: +Deployment\/web/),
  s('describe lease -n kube-node-lease', /node-1/),
]

export const applying: readonly Step[] = [
  s('apply -f app.yaml', /configmap\/map created\ndeployment.apps\/app created/),
  s('apply -f app.yaml', /configmap\/map unchanged\ndeployment.apps\/app unchanged/),
  refused('diff -f changed.yaml', /- {2}replicas: 1\n\+ {2}replicas: 2[\s\S]*- {2}k: v\n\+ {2}k: w/),
  s('apply -f changed.yaml --dry-run=server', /map configured \(server dry run\)/),
  s('apply -f changed.yaml --dry-run=client -o yaml', /k: /),
  s('apply -f changed.yaml', /map configured\ndeployment.apps\/app configured/),
  s('diff -f changed.yaml'),
  s('apply view-last-applied cm/map', /k: w/),
  s('apply set-last-applied -f third.yaml', /map configured/),
  s('apply view-last-applied deploy/app -o json', /"replicas": 2/),
  s('apply --server-side -f changed.yaml --force-conflicts', /map serverside-applied/),
  s('apply --server-side -f changed.yaml --field-manager=other', /map serverside-applied/),
  refused(
    'apply --server-side -f third.yaml --field-manager=other',
    /Apply failed with \d conflicts?: conflicts? with "kubectl":[\s\S]*\.data\.k/,
  ),
  s('apply --server-side -f third.yaml --field-manager=other --force-conflicts', /map serverside-applied/),
  s('apply -f other-map.yaml --prune -l grp=x --prune-allowlist=core/v1/ConfigMap', /another created\nconfigmap\/map pruned/),
  s('apply -f app.yaml -n work --prune --applyset=myset', /map created/),
  s('apply -f other-map.yaml -n work --prune --applyset=myset', /\/app pruned/),
  s('get secret myset -o yaml', /applyset.kubernetes.io\/contains-group-kinds: ConfigMap/, { since: 30 }),
  s('apply -f app.yaml', /app created/),
  // kubectl reads and then writes: what a controller writes to the status in between is a conflict, here as with any API server.
  s('rollout status deploy/app --timeout=60s', /successfully rolled out/),
  s('replace -f changed.yaml', /map replaced\ndeployment.apps\/app replaced/),
  s('replace --force -f app.yaml', /"?map"? (force )?deleted[\s\S]*map replaced/),
  refused('create -f app.yaml', /configmaps "map" already exists[\s\S]*deployments.apps "app" already exists/),
  refused('apply -f -', /strict decoding error: unknown field "foo"/, {
    input: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bad}\nfoo: 1\n',
  }),
  s('apply --validate=warn -f -', /Warning: unknown field "foo"\nconfigmap\/bad created|configmap\/bad created/, {
    input: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bad}\nfoo: 1\n',
  }),
  s('create cm edited --from-literal=k=before', /created/),
  s('edit cm edited', /configmap\/edited edited/),
  s('get cm edited -o jsonpath={.data.k}', /^after$/),
  s('apply -k .', /configmap\/kz-gen-\w+ created\nconfigmap\/kz-map created\ndeployment.apps\/kz-app created/),
  s('delete -k .', /kz-app"? deleted/),
]

export const changing: readonly Step[] = [
  s('label cm map z=1', /labeled/),
  s('label cm --all all=1', /labeled/),
  s('label cm map z-', /unlabeled|labeled/),
  s('label deploy app --list', /grp=x/),
  s('annotate cm map note=hi', /annotated/),
  refused('annotate cm map note=ho', /--overwrite is false/),
  refused(
    'annotate cm map note=ho --overwrite --resource-version=1',
    /the object has been modified; please apply your changes to the latest version/,
  ),
  s('annotate cm map note-', /annotated/),
  s(`patch deploy app -p '{"spec":{"replicas":3}}'`, /patched/),
  s(`patch cm map -p '{"data":{"k":"x"}}'`, /patched/),
  s(`patch cm map -p '{"data":{"k":"x"}}'`, /patched \(no change\)/),
  s(`patch deploy app --type=json -p '[{"op":"replace","path":"/spec/replicas","value":1}]'`, /patched/),
  s(`patch deploy app --subresource=scale --type=merge -p '{"spec":{"replicas":2}}'`, /scale.autoscaling\/app patched/),
  s(`patch deploy app --subresource=status --type=merge -p '{"status":{"collisionCount":2}}'`, /patched/),
  refused(
    `patch deploy app --type=json -p '[{"op":"remove","path":"/spec/nope"}]'`,
    /the server rejected our request due to an error in our request|remove operation does not apply/,
  ),
  refused(`patch deploy app -p '{"spec":{"selector":{"matchLabels":{"b":"c"}}}}'`, /is invalid[\s\S]*field is immutable/),
  s('scale deploy app --replicas=3', /scaled/),
  refused('scale deploy app --current-replicas=5 --replicas=3', /[Ee]xpected replicas to be 5, was 3/),
  s('scale --replicas=1 deploy/app deploy/web --timeout=30s', /scaled[\s\S]*scaled/),
  s('scale --replicas=2 deploy/web'),
  s('set image deploy/app c=nginx:1.28', /image updated/),
  s('set env deploy/app A=B', /env updated/),
  s('set env deploy/app --list', /A=B/),
  s('set env deploy/app A-', /env updated/),
  s('set env deploy/app --from=configmap/cm --prefix=CM_', /env updated/),
  s('set resources deploy/app -c=c --limits=cpu=200m,memory=128Mi', /resource requirements updated/),
  s('set serviceaccount deploy/app bot', /serviceaccount updated/),
  s('set selector svc svc1 x=y', /selector updated/),
  s('set subject rolebinding rb1 --user=admin', /subjects updated/),
  s('rollout status deploy/app --timeout=60s', /successfully rolled out/),
  soon('rollout history deploy/app', /REVISION +CHANGE-CAUSE\n1/),
  s('rollout history deploy/app --revision=1', /Pod Template:/),
  s('rollout undo deploy/app --to-revision=1', /rolled back/),
  s('rollout pause deploy/app', /paused/),
  s('rollout resume deploy/app', /resumed/),
  s('rollout restart deploy/app', /restarted/),
  s('rollout status deploy/app --timeout=60s', /successfully rolled out/),
]

export const asking: readonly Step[] = [
  s('version', /Server Version:/),
  s('api-resources', /deployments +deploy +apps\/v1 +true +Deployment/),
  s('api-resources --namespaced=true --verbs=list,get -o name', /deployments.apps/),
  s('api-resources --api-group=apps -o wide', /all/),
  s('api-versions', /apps\/v1/),
  s('cluster-info', /Kubernetes control plane.* is running at/),
  s('cluster-info dump', /"kind": "(PodList|NodeList)"/),
  s('explain deployment.spec.strategy', /FIELD: strategy <DeploymentStrategy>[\s\S]*rollingUpdate/),
  s('explain deployment --recursive', /maxUnavailable/),
  s('explain hpa --api-version=autoscaling/v2', /VERSION: +v2/),
  s('explain deployment.spec.strategy --output=plaintext-openapiv2', /RESOURCE: strategy <Object>[\s\S]*rollingUpdate/),
  s('auth can-i create pods', /yes/),
  s('auth can-i --list', /\*\.\*/),
  refused('auth can-i get pods --as=jane', /no/),
  s('auth can-i list pods --as=system:serviceaccount:work:default --as-group=system:masters', /yes/),
  s('auth whoami', /Username +flotilla-admin/),
  s('auth whoami --as=jane --as-group=devs', /\[devs system:authenticated\]/),
  refused(
    'get pods --as=jane',
    /pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "work"/,
  ),
  s('auth reconcile -f rbac.yaml', /reconciliation required create/),
  s('auth can-i get pods --as=jane', /yes/),
  s('auth can-i --list --as=jane', /pods +\[\] +\[\] +\[get\]/),
  s(`__complete get pods ''`, /box/),
  s('__complete get deploy/w', /deploy\/web/),
]

export const measuring: readonly Step[] = [
  s('top nodes', /NAME +CPU\(cores\) +CPU[^\n]*\nnode-1 +\d+m +\d+% +\d+Mi/),
  s('top pods', /web-\S+ +\d+m +\d+Mi/),
  s('top pods -A --sort-by=cpu --containers', /POD +NAME +CPU/),
  s('top pods -l app=web --no-headers --sum', /^web-/),
  refused('top pod nope', /not found/),
]

export const customResources: readonly Step[] = [
  s('apply -f crd.yaml', /created/),
  s('wait --for=condition=Established crd/gadgets.kubectl.example.com --timeout=20s', /condition met/),
  s('apply -f gadget.yaml', /gadget.kubectl.example.com\/one created/),
  s('get gd', /^NAME +COLOR\none +red/),
  s('get gd -o wide', /^NAME +COLOR +WIDE\none +red +yes-it-is/),
  s('describe gd one', /Color: +red/),
  s('explain gadget.spec', /The colour of it\./),
  s('explain gd --recursive', /color/),
  s('explain gadget.spec --output=plaintext-openapiv2', /The colour of it\./),
  s('scale gd one --replicas=3', /scaled/),
  s(
    `patch gd one --type=merge --subresource=status -p '{"status":{"conditions":[{"type":"Ready","status":"True"}]}}'`,
    /patched/,
  ),
  s('wait --for=condition=Ready gd/one --timeout=5s', /condition met/),
  refused(`patch gd one -p '{"spec":{"color":"blue"}}'`, /the body of the request was in an unknown format/),
  refused(`patch gd one --type=merge -p '{"spec":{"color":7}}'`, /spec.color: Invalid value: "integer"/),
  s('apply --server-side -f gadget.yaml --force-conflicts', /serverside-applied/),
  s('get all', /gadget.kubectl.example.com\/one/),
  s('delete gd --all', /deleted/),
  s('delete -f crd.yaml', /deleted/),
]

export const reaching: readonly Step[] = [
  s('exec box -- echo hello', /^hello\n$/),
  refused(`exec box -- sh -c 'exit 3'`, /exit code 3/),
  s('exec -i box -- cat', /^piped$/, { input: 'piped' }),
  s('exec deploy/web -- ls /', /etc/),
  s('logs job/j1', /^hi\n$/),
  s('logs --all-containers --timestamps --since=1h job/j1', /^\d{4}-\d\d-\d\dT\S+Z hi\n$/),
  refused('logs nope', /pods "nope" not found/),
  s('logs -l job-name=j1 --prefix --tail=2', /^\[pod\/j1-\w+\/j1\] hi\n$/),
  s('cp app.yaml box:/tmp/app.yaml'),
  s('exec box -- cat /tmp/app.yaml', /kind: ConfigMap/),
  s('cp box:/tmp/app.yaml back.yaml'),
  s('get --raw /api/v1/namespaces/work/services/web:80/proxy/', /<html>/),
  s('debug box --image=busybox --profile=general --target=box -- echo dbg', /debugger-/),
  s('get pod box -o jsonpath={.spec.ephemeralContainers[0].command}', /echo/),
  s('debug box --image=busybox --profile=general --copy-to=copied -- sleep 100', /debugger-/),
  s('run -i --rm one --image=busybox --restart=Never -- echo from-run', /from-run[\s\S]*pod "one" deleted/),
  s('delete pod copied --now', /pod "copied" deleted/),
]

export const draining: readonly Step[] = [
  s('cordon node-1', /cordoned/),
  s('get node node-1', /Ready,SchedulingDisabled/),
  s('uncordon node-1', /uncordoned/),
  s('taint node node-2 k=v:NoSchedule', /tainted/),
  s('taint node node-2 k=v2:NoSchedule --overwrite', /modified/),
  s('taint node node-2 k:NoSchedule-', /untainted/),
  refused(
    'drain -l kubernetes.io/hostname=node-1,kubernetes.io/hostname!=none --dry-run=client --pod-selector=run=box --timeout=1s nope',
    /error/,
  ),
  s('drain node-1 --ignore-daemonsets --delete-emptydir-data --force --timeout=90s', /node\/node-1 drained/),
  soon('get pods -A --field-selector=spec.nodeName=node-1', /No resources found/),
  s('uncordon node-1', /uncordoned/),
  s('drain node-3 --dry-run=server --ignore-daemonsets --force', /drained \(server dry run\)/),
]

export const deleting: readonly Step[] = [
  s('create cm gone', /created/),
  s('delete cm gone --dry-run=server', /server dry run/),
  s('delete cm gone --wait=false', /deleted/),
  s('delete deploy app --cascade=orphan', /deleted/),
  s('get rs -l app=app -o name', /replicaset/),
  s('delete rs -l app=app --cascade=foreground', /deleted/),
  s('wait --for=delete pod -l app=app --timeout=60s'),
  s('delete pods --all --force --grace-period=0', /force deleted/),
  s('delete job j1 j2', /"j1" deleted/),
  s('delete svc,ing --all', /svc4" deleted/),
  s('delete -f app.yaml --ignore-not-found', /map" deleted/),
  refused('delete cm nope', /configmaps "nope" not found/),
  s('delete clusterrole cr1 agg'),
  s('delete clusterrolebinding crb1'),
  s('delete pc pc1'),
  s('delete ns work', /namespace "work" deleted/),
  refused('get ns work', /not found/),
]
