export declare const knownContents: string;
export declare const unknownContents: string;
export declare const numbers: string;
export declare const richError: string;
export declare const decorated: string;
