#include "fault.h"
#include <stdio.h>
struct fault fault_missing(const struct pattern *pattern, uint64_t offset, uint64_t owed)
{
    return (struct fault){.kind = FAULT_MISSING, .connection = pattern->connection, .offset = offset, .count = owed};
}
struct fault fault_diagnose(const struct fault_sample *sample)
{
    return (struct fault){.offset = sample->offset};
}
const char *fault_text(const struct fault *fault, char text[FAULT_TEXT])
{
    snprintf(text, FAULT_TEXT, "at offset %lu", fault->offset);
    return text;
}
