;; Finds the end of a run of bytes that end no JSON string, 64 of them at a time. Its test makes plain-run.wasm.ts of it.
(module
  (memory (export "memory") 1)

  (global $space v128 (v128.const i8x16 32 32 32 32 32 32 32 32 32 32 32 32 32 32 32 32))
  (global $quote v128 (v128.const i8x16 34 34 34 34 34 34 34 34 34 34 34 34 34 34 34 34))
  (global $backslash v128 (v128.const i8x16 92 92 92 92 92 92 92 92 92 92 92 92 92 92 92 92))
  (global $low v128 (v128.const i8x16 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15))
  ;; A byte may follow a backslash if its two halves have a bit in common: 1 for "/ (0x2_), 2 for \ (0x5_), 4 for bfn (0x6_), 8 for rt (0x7_).
  (global $lowHalves v128 (v128.const i8x16 0 0 13 0 8 0 4 0 0 0 0 0 2 0 4 1))
  (global $highHalves v128 (v128.const i8x16 0 0 1 0 0 2 4 8 0 0 0 0 0 0 0 0))
  (global $everyOther i64 (i64.const 0xaaaaaaaaaaaaaaaa))
  (global $all i64 (i64.const -1))

  ;; One bit for each byte that is a quote or a control character.
  (func $ends (param $bytes v128) (result i64)
    (i64.extend_i32_u (i8x16.bitmask (v128.or
      (i8x16.lt_u (local.get $bytes) (global.get $space))
      (i8x16.eq (local.get $bytes) (global.get $quote))))))

  (func $backslashes (param $bytes v128) (result i64)
    (i64.extend_i32_u (i8x16.bitmask (i8x16.eq (local.get $bytes) (global.get $backslash)))))

  ;; One bit for each byte that may not follow a backslash.
  (func $odd (param $bytes v128) (result i64)
    (i64.extend_i32_u (i8x16.bitmask (i8x16.eq
      (v128.and
        (i8x16.swizzle (global.get $lowHalves) (v128.and (local.get $bytes) (global.get $low)))
        (i8x16.swizzle (global.get $highHalves) (i8x16.shr_u (local.get $bytes) (i32.const 4))))
      (v128.const i64x2 0 0)))))

  (func $join (param $a i64) (param $b i64) (param $c i64) (param $d i64) (result i64)
    (i64.or
      (i64.or (local.get $a) (i64.shl (local.get $b) (i64.const 16)))
      (i64.or (i64.shl (local.get $c) (i64.const 32)) (i64.shl (local.get $d) (i64.const 48)))))

  (func $isHex (param $at i32) (result i32)
    (local $byte i32)
    (local.set $byte (i32.load8_u (local.get $at)))
    (i32.or
      (i32.lt_u (i32.sub (local.get $byte) (i32.const 0x30)) (i32.const 10))
      (i32.lt_u (i32.sub (i32.or (local.get $byte) (i32.const 0x20)) (i32.const 0x61)) (i32.const 6))))

  ;; Whether `uXXXX` stands there.
  (func $isUnicode (param $at i32) (param $end i32) (result i32)
    (if (i32.gt_u (i32.add (local.get $at) (i32.const 5)) (local.get $end)) (then (return (i32.const 0))))
    (i32.and
      (i32.and
        (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x75))
        (call $isHex (i32.add (local.get $at) (i32.const 1))))
      (i32.and
        (call $isHex (i32.add (local.get $at) (i32.const 2)))
        (i32.and
          (call $isHex (i32.add (local.get $at) (i32.const 3)))
          (call $isHex (i32.add (local.get $at) (i32.const 4)))))))

  ;; Where the run ends that begins at $at: before the first quote, control character or escape that JSON does not know, or fewer
  ;; than 64 bytes before $end, and never between the two bytes of an escape.
  (func (export "endOfPlainRun") (param $at i32) (param $end i32) (result i32)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local $found i64) (local $backslashes i64) (local $escaping i64) (local $escaped i64)
    ;; 1 if the byte at $at follows the backslash of an escape, else 0.
    (local $isOpen i64)
    (block $isEnd (loop $next
      (br_if $isEnd (i32.gt_u (i32.add (local.get $at) (i32.const 64)) (local.get $end)))
      (local.set $a (v128.load offset=0 (local.get $at)))
      (local.set $b (v128.load offset=16 (local.get $at)))
      (local.set $c (v128.load offset=32 (local.get $at)))
      (local.set $d (v128.load offset=48 (local.get $at)))
      (local.set $found (call $join
        (call $ends (local.get $a)) (call $ends (local.get $b)) (call $ends (local.get $c)) (call $ends (local.get $d))))
      (local.set $backslashes (call $join
        (call $backslashes (local.get $a)) (call $backslashes (local.get $b))
        (call $backslashes (local.get $c)) (call $backslashes (local.get $d))))
      (local.set $escaped (i64.const 0))
      (if (i64.ne (i64.or (local.get $backslashes) (local.get $isOpen)) (i64.const 0))
        (then
          ;; Of backslashes in a row every other one escapes: one subtraction tells them all, as in simdjson.
          (local.set $escaping (i64.and (local.get $backslashes) (i64.xor (local.get $isOpen) (global.get $all))))
          (local.set $escaping (i64.xor
            (i64.sub
              (i64.or (i64.shl (local.get $escaping) (i64.const 1)) (global.get $everyOther))
              (local.get $escaping))
            (global.get $everyOther)))
          (local.set $escaped (i64.xor
            (local.get $escaping)
            (i64.or (local.get $backslashes) (local.get $isOpen))))
          (local.set $isOpen
            (i64.shr_u (i64.and (local.get $escaping) (local.get $backslashes)) (i64.const 63)))
          (local.set $found (i64.or
            (i64.and (local.get $found) (i64.xor (local.get $escaped) (global.get $all)))
            (i64.and (local.get $escaped) (call $join
              (call $odd (local.get $a)) (call $odd (local.get $b)) (call $odd (local.get $c)) (call $odd (local.get $d))))))))
      (if (i64.eqz (local.get $found))
        (then (local.set $at (i32.add (local.get $at) (i32.const 64))) (br $next)))
      (local.set $found (i64.ctz (local.get $found)))
      (local.set $at (i32.add (local.get $at) (i32.wrap_i64 (local.get $found))))
      ;; If it is no escape, it is the end; else it may be of the long form.
      (if (i64.eqz (i64.and (i64.shr_u (local.get $escaped) (local.get $found)) (i64.const 1)))
        (then (return (local.get $at))))
      (if (i32.eqz (call $isUnicode (local.get $at) (local.get $end)))
        (then (return (i32.sub (local.get $at) (i32.const 1)))))
      (local.set $at (i32.add (local.get $at) (i32.const 5)))
      (local.set $isOpen (i64.const 0))
      (br $next)))
    (i32.sub (local.get $at) (i32.wrap_i64 (local.get $isOpen)))))
