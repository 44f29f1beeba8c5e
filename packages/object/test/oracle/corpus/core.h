/* SPDX-License-Identifier: MIT */
/* What the corpus is written with: its own SEC and a macro for each question that CO-RE can ask. */
typedef unsigned char u8;
typedef signed char s8;
typedef unsigned short u16;
typedef short s16;
typedef unsigned int u32;
typedef int s32;
typedef unsigned long long u64;
typedef long long s64;

#define SEC(name) __attribute__((section(name), used))
#define CORE __attribute__((preserve_access_index))
#define NOINLINE static __attribute__((noinline))
enum field_info { BYTE_OFFSET, BYTE_SIZE, EXISTS, SIGNED, LSHIFT, RSHIFT };
#define FIELD_INFO(field, kind) __builtin_preserve_field_info(field, kind)
#define TYPE_OF(what) (*(what *)0)

/* One program, of p. */
#define PROG(name, type, result) SEC("core/" #name) u64 name(type *p) { return (u64)(result); }
#define INFO(name, type, field, kind) PROG(name, type, FIELD_INFO(p->field, kind))

/* What there is to ask of anything that a struct holds. */
#define PART(name, type, field) \
	INFO(name##_offset, type, field, BYTE_OFFSET) \
	INFO(name##_size, type, field, BYTE_SIZE) \
	INFO(name##_exists, type, field, EXISTS)
/* And of members that are numbers. */
#define FIELD(name, type, field) \
	PART(name, type, field) \
	INFO(name##_signed, type, field, SIGNED) \
	INFO(name##_lshift, type, field, LSHIFT) \
	INFO(name##_rshift, type, field, RSHIFT)
#define LOAD(name, type, field) PROG(name##_load, type, p->field)
#define ADDRESS(name, type, field) PROG(name##_address, type, &p->field)
#define STORE(name, type, field, value) SEC("core/" #name "_store") int name##_store(type *p, u64 q) { p->field = value; return 0; }

#define TYPE(name, what) \
	PROG(name##_type_exists, void, __builtin_preserve_type_info(TYPE_OF(what), 0)) \
	PROG(name##_type_size, void, __builtin_preserve_type_info(TYPE_OF(what), 1)) \
	PROG(name##_id_local, void, __builtin_btf_type_id(TYPE_OF(what), 0)) \
	PROG(name##_id_target, void, __builtin_btf_type_id(TYPE_OF(what), 1))
#define VALUE(name, what, value) \
	PROG(name##_value_exists, void, __builtin_preserve_enum_value(*(what *)value, 0)) \
	PROG(name##_value, void, __builtin_preserve_enum_value(*(what *)value, 1))

/* A type that a target must have, as BTF leaves out what nothing uses. */
#define KEEP(name, what) what *keep_##name;
#define END char _license[] SEC("license") = "GPL";
