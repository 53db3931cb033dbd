/** Whose an object is: when the owner is gone, the cluster removes it (Kubernetes API, metav1 OwnerReference). */
export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}
