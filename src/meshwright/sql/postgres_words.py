"""The words that a rule for PostgreSQL may be written with: none reads files, settings or other tables."""

from __future__ import annotations

_NUMBERS = """
abs acos acosd acosh asin asind asinh atan atan2 atan2d atand atanh cbrt ceil ceiling cos cosd cosh cot cotd
degrees div erf erfc exp factorial floor gcd lcm ln log log10 min_scale mod pi pow power radians round scale
sign sin sind sinh sqrt tan tand tanh trim_scale trunc width_bucket
"""

_TEXTS = """
ascii bit_length btrim char_length character_length chr concat concat_ws convert_from convert_to decode encode
format initcap left length lower lpad ltrim md5 normalize octet_length overlay position quote_ident
quote_literal quote_nullable regexp_count regexp_instr regexp_like regexp_match regexp_replace regexp_substr
replace reverse right rpad rtrim sha224 sha256 sha384 sha512 split_part starts_with string_to_array strpos
substr substring to_char to_date to_hex to_number to_timestamp translate trim upper
"""

_TIMES = """
age clock_timestamp date date_bin date_part date_trunc extract isfinite justify_days justify_hours
justify_interval make_date make_interval make_time make_timestamp make_timestamptz now statement_timestamp
timezone transaction_timestamp
"""

_CHOICES = "coalesce greatest least nullif num_nonnulls num_nulls"

_COLLECTIONS = """
array_append array_cat array_dims array_length array_lower array_ndims array_position array_positions
array_prepend array_remove array_replace array_to_json array_to_string array_upper cardinality
generate_series generate_subscripts json_array_elements json_array_elements_text json_array_length
json_build_array json_build_object json_each json_each_text json_extract_path json_extract_path_text
json_object_keys json_typeof jsonb_array_elements jsonb_array_elements_text jsonb_array_length
jsonb_build_array jsonb_build_object jsonb_each jsonb_each_text jsonb_exists jsonb_extract_path
jsonb_extract_path_text jsonb_object_keys jsonb_strip_nulls jsonb_typeof row_to_json to_json to_jsonb unnest
"""

_RANGES = "isempty lower_inc lower_inf upper_inc upper_inf"

_AGGREGATES = """
array_agg avg bit_and bit_or bit_xor bool_and bool_or corr count covar_pop covar_samp every json_agg
json_object_agg jsonb_agg jsonb_object_agg max min mode percentile_cont percentile_disc regr_avgx regr_avgy
regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy stddev stddev_pop stddev_samp
string_agg sum var_pop var_samp variance
"""

_WINDOWS = "cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank row_number"

FUNCTIONS = frozenset(
    " ".join((_NUMBERS, _TEXTS, _TIMES, _CHOICES, _COLLECTIONS, _RANGES, _AGGREGATES, _WINDOWS)).split()
)
"""Functions of `pg_catalog` that compute a value from their arguments, or from the clock."""

_TYPES_WORDS = """
bigint bool boolean bytea char character date decimal double float float4 float8 int int2 int4 int8
integer interval json jsonb numeric precision real smallint text time timestamp timestamptz timetz uuid
varchar varying zone
"""

TYPES = frozenset(_TYPES_WORDS.split())
"""Types that values may be cast to; none looks a name up in the catalogue."""

_KEYWORDS_WORDS = """
all and any array as asc at between both by case cast cross current current_date current_time
current_timestamp day desc distinct else end epoch escape except exclude exists false fetch filter first
following for from full group groups having hour ignore ilike in inner intersect is isnull last lateral
leading left like limit localtime localtimestamp materialized minute month natural next no not notnull
null nulls of offset on or order ordinality others outer over partition preceding quarter range recursive
respect right row rows second select similar some symmetric then ties to trailing true unbounded union
unknown using values week when where window with within without year
"""

KEYWORDS = frozenset(_KEYWORDS_WORDS.split())
"""Words of a SELECT; those that lock, write, call or show anything are not here."""

_BEFORE_PARENTHESIS_WORDS = """
all and any array as between by case cast cross distinct else except exists filter from group having ilike
in intersect is join lateral like limit not of offset on or order over partition row rows select similar
some then to union using values when where with within
"""

BEFORE_PARENTHESIS = frozenset(_BEFORE_PARENTHESIS_WORDS.split())
"""Those that a parenthesis may follow, and that are no functions then."""
