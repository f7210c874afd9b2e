# Hourly readings (CSV) and bulletins (JSON Lines) as one stream of events, in the order in which they were learnt:
#
#   TZ=UTC0 awk -f merge.awk readings.csv bulletins.jsonl | LC_ALL=C sort -s -n -k1,1 | cut -f2-
#
# Each line gets its instant of arrival in front: a reading's hour has to be over, a bulletin arrives when issued.  A
# blank cell is no reading.

function instant(text) {
    return mktime(substr(text, 1, 4) " " substr(text, 6, 2) " " substr(text, 9, 2) " " substr(text, 12, 2) " " \
        substr(text, 15, 2) " " substr(text, 18, 2))
}

FILENAME ~ /\.csv$/ && FNR > 1 {
    split($0, cell, ",")
    if (cell[4] != "")
        printf "%d\t{\"specversion\":\"1.0\",\"type\":\"reading\",\"source\":\"csv\",\"id\":\"%s/%s/%s\",\"subject\":\"%s\"," \
            "\"time\":\"%s\",\"data\":{\"values\":{\"%s\":%s},\"period\":\"PT1H\"}}\n", \
            instant(cell[1]) + 3600, cell[2], cell[3], cell[1], cell[2], cell[1], cell[3], cell[4]
}
FILENAME ~ /\.jsonl$/ {
    match($0, /"issued":"[^"]*"/)
    printf "%d\t%s\n", instant(substr($0, RSTART + 10)), $0
}
