{{/*
What the operator may do where pipelines are: exactly what it does (docs/install.md has the reason of each verb). The API
server asks for create besides patch when an object is applied that is not there yet. No Secret is
ever deleted, and of volumes those of ingest's logs, once they are empty. RBAC cannot say "Secrets that a spec names": get is for those, create for the keys of a pipeline, list and
watch for the names of the latter, of which the operator asks metadata alone, by label.
*/}}
{{- define "likeness.rules" -}}
- apiGroups: [likeness.dev]
  resources: [profilepipelines]
  verbs: [list, watch, patch]
- apiGroups: [likeness.dev]
  resources: [profilepipelines/status]
  verbs: [patch]
{{- if .Values.rbac.ownerReferencesPermissionEnforcement }}
- apiGroups: [likeness.dev]
  resources: [profilepipelines/finalizers]
  verbs: [update]
{{- end }}
- apiGroups: [apps]
  resources: [deployments, statefulsets]
  verbs: [list, watch, create, patch, delete]
- apiGroups: [batch]
  resources: [jobs]
  verbs: [list, watch, create, patch, delete]
- apiGroups: ['']
  resources: [configmaps]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: ['']
  resources: [services]
  verbs: [get, list, watch, create, update, patch, delete]
- apiGroups: ['']
  resources: [serviceaccounts]
  verbs: [list, watch, create, patch, delete]
- apiGroups: ['']
  resources: [persistentvolumeclaims]
  verbs: [list, watch, create, patch, delete]
- apiGroups: ['']
  resources: [secrets]
  verbs: [get, list, watch, create]
- apiGroups: ['']
  resources: [pods]
  verbs: [list]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
- apiGroups: [rbac.authorization.k8s.io]
  resources: [roles, rolebindings]
  verbs: [list, watch, create, patch, delete]
- apiGroups: [networking.k8s.io]
  resources: [networkpolicies]
  verbs: [list, watch, create, patch, delete]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [list, watch, create, patch, delete]
- apiGroups: [autoscaling]
  resources: [horizontalpodautoscalers]
  verbs: [list, watch, create, patch, delete]
{{- if .Values.integrations.prometheus }}
- apiGroups: [monitoring.coreos.com]
  resources: [podmonitors]
  verbs: [list, watch, create, patch, delete]
{{- end }}
{{- if .Values.integrations.keda }}
- apiGroups: [keda.sh]
  resources: [scaledobjects, triggerauthentications]
  verbs: [list, watch, create, patch, delete]
{{- end }}
{{- if .Values.integrations.strimzi }}
- apiGroups: [kafka.strimzi.io]
  resources: [kafkatopics]
  verbs: [list, watch, create, patch]
{{- end }}
{{- end -}}
