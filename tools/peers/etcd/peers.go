// Package peers pins the etcd that the real tier of the tests runs a kube-apiserver on.
package peers

import _ "go.etcd.io/etcd/server/v3/etcdmain"
