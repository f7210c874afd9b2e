# Sixteen days with two episodes of haze, over the stations of policies/shenyang, as JSON Lines in the order of arrival: every hour one reading
# of six pollutants for each station, every day at 16:00 a bulletin for that day and the five after it.
#
#   TZ=UTC0 awk -f make_facts.awk [-v days=16] >facts.jsonl

function stamp(hours) { return strftime("%Y-%m-%dT%H:00:00+08:00", start + hours * 3600) }

function index_of(pm25,    i) {
    for (i = 2; i <= 8; i++)
        if (pm25 <= breaks[i])
            return int(indexes[i - 1] + (indexes[i] - indexes[i - 1]) * (pm25 - breaks[i - 1]) / (breaks[i] - breaks[i - 1]))
    return 500
}

BEGIN {
    if (!days)
        days = 16
    split("60 70 190 270 330 310 170 60 50 160 220 260 190 70 50", pm25)
    for (i = 16; i <= days + 6; i++)
        pm25[i] = 40
    split("0 35 75 115 150 250 350 500", breaks)
    split("0 50 100 150 200 300 400 500", indexes)
    stations = split("s1098 s1099 s1100 s1102 s1103 s1104 s1105 s1106 s1108", station)
    start = mktime("2025 01 06 00 00 00")
    for (hour = 0; hour < days * 24; hour++) {
        day = int(hour / 24)
        for (i = 1; i <= stations; i++)
            printf "{\"specversion\":\"1.0\",\"type\":\"reading\",\"source\":\"e2e\",\"id\":\"%s/%d\",\"subject\":\"%s\",\"time\":\"%s\"," \
                "\"data\":{\"values\":{\"pm25\":%d,\"pm10\":%d,\"so2\":10,\"no2\":20,\"co\":1,\"o3\":30},\"period\":\"PT1H\"}}\n", \
                station[i], hour, station[i], stamp(hour), pm25[day + 1] + (hour * 7 + i * 3) % 20, pm25[day + 1] + 20
        if ((hour + 1) % 24 != 16)
            continue
        printf "{\"specversion\":\"1.0\",\"type\":\"forecast\",\"source\":\"e2e\",\"id\":\"b%d\",\"subject\":\"210100\"," \
            "\"data\":{\"series\":\"aqi_day\",\"issued\":\"%s\",\"start\":\"%s\",\"step\":\"P1D\",\"values\":[", \
            day, stamp(hour + 1), stamp(day * 24)
        for (i = 0; i < 6; i++)
            printf "%s%d", i ? "," : "", index_of(pm25[day + i + 1] + 10)
        print "],\"primary\":[\"pm25\"]}}"
    }
}
