import { Lexer, parseDocument, LineCounter } from "yaml";
const t=(name:string,f:()=>unknown)=>{const s=performance.now();let r;try{r=f();}catch(e){r=(e as Error).message} console.log(name,Math.round(performance.now()-s)+"ms",r)};
const inputs:Record<string,string>={
 open1M:"[".repeat(1_040_000),
 closed:"[".repeat(500_000)+"]".repeat(500_000),
 compact:"- ".repeat(500_000),
 q:"? ".repeat(500_000),
 nodes:"servers: ["+"1,".repeat(500_000)+"1]",
 keys50k:Array.from({length:50000},(_, i)=>`k${i}: 1\n`).join(""),
 keys25k:Array.from({length:25000},(_, i)=>`k${i}: 1\n`).join(""),
 anchors:Array.from({length:50000},(_, i)=>`- &a${i} 1\n`).join(""),
 aliases:"- &a 1\n"+"- *a\n".repeat(200_000),
 colon:": ".repeat(500_000), comments:"#\n".repeat(500_000), newlines:"\n".repeat(1_000_000), tags:"!!a ".repeat(250_000), ttag:"- !x y\n".repeat(140_000),
 indent:Array.from({length:1400},(_, i)=>" ".repeat(i)+"a:\n").join(""),
 docs:"---\n".repeat(250_000), quote:'"'+"a\\n".repeat(340_000), err:"}".repeat(1_000_000), tabs:"\t".repeat(1_000_000), commas:"[,".repeat(500_000), pct:"%\n".repeat(500_000),
};
for(const [n,x] of Object.entries(inputs)){
 t(n+" lex",()=>{let c=0;let d=0,m=0;for(const k of new Lexer().lex(x)){c++;if(k==="["||k==="{")m=Math.max(m,++d);else if(k==="]"||k==="}")d--;if(c>500000)break;}return [c,m]});
 if(process.argv[2])t(n+" parse",()=>{const d=parseDocument(x,{uniqueKeys:true,merge:false,lineCounter:new LineCounter()});return d.errors.length});
}
