"""Samples, and what is asked of them: the same for Medic and for a real Prometheus."""

import math
import random
import urllib.parse
from itertools import groupby

from medic.core.samples import Family, Kind, Sample, Snapshot

STEP = 15_000
TICKS = 120
START = 1_700_000_000_000
"""Milliseconds since the epoch."""
END = START + (TICKS - 1) * STEP

QUERIES = r"""
1
1 + 1
-1.5e-7
1 / 0
0 / 0
"text"
time()
vector(1e21)
pi()
size
-size
size * 3
size == size
sort(size > 0)
temperature
temperature > 20
temperature > bool 20
http_requests_total
http_requests_total{code!="200"}
{__name__=~"temp.*"}
http_requests_total{instance=~"a|b"}
nothing
absent(nothing)
absent(nothing{job="x"})
gappy
gappy offset 5m
gappy[5m]
count_over_time(gappy[10m])
rate(http_requests_total[5m])
increase(http_requests_total[5m])
irate(http_requests_total[1m])
sum(rate(http_requests_total[5m]))
sum by (code) (rate(http_requests_total[5m]))
sum without (code) (http_requests_total)
sum(rate(http_requests_total{code="500"}[5m])) / sum(rate(http_requests_total[5m]))
http_requests_total{code="500"} / ignoring (code) http_requests_total{code="200"}
http_requests_total / on (instance) group_left temperature
avg(temperature)
max by (instance) (temperature)
topk(2, temperature)
bottomk(1, temperature)
quantile(0.9, temperature)
stddev(temperature)
count_values("v", size > 0)
count(http_requests_total)
group(temperature)
histogram_quantile(0.9, rate(latency_seconds_bucket[5m]))
histogram_quantile(0.5, sum by (le) (rate(latency_seconds_bucket[5m])))
max_over_time(temperature[10m])
quantile_over_time(0.5, temperature[10m])
stddev_over_time(temperature[10m])
delta(temperature[5m])
deriv(temperature[5m])
predict_linear(temperature[10m], 3600)
changes(gappy[10m])
resets(http_requests_total[30m])
avg_over_time(rate(http_requests_total[2m])[10m:1m])
max_over_time(sum(temperature)[5m:30s])
label_replace(temperature, "host", "$1-x", "instance", "(.*)")
label_join(temperature, "j", "-", "instance", "__name__")
round(temperature, 0.5)
clamp(temperature, 0, 50)
ceil(temperature)
exp(temperature)
ln(temperature)
abs(temperature)
hour()
day_of_week(vector(1e9))
timestamp(temperature)
scalar(sum(temperature))
temperature and http_requests_total
temperature or on (job) http_requests_total
temperature unless on (instance) http_requests_total{instance="a"}
temperature @ 1700000060
http_requests_total[1m]
sum(size)
temperature % 7
temperature ^ 2
atan2(1, 2)
http_requests_total + on (job) http_requests_total
temperature + temperature offset 1m
last_over_time(gappy[10m])
up{
rate(temperature)
sum(
temperature[5m]
label_replace(temperature, "instance", "x", "", "")
foo(1)
1 +
""".splitlines()[1:]
"""Some of them are wrong, or do not fit the samples."""
REQUESTS = r"""
query?query=1&time=x
query?query=1&timeout=x
query?query=1&timeout=-1s
query?query=1&time=-1.5
query?query=1&time=1e3
query?query=1&time=2023-01-01T00:00:00.1234Z
query?query=1&time=2023-01-01T02:00:00%2B02:00
query
query_range?query=1&start=5&end=1&step=1
query_range?query=1&start=5&end=10&step=0
query_range?query=1&start=5&end=10&step=-1
query_range?query=1&start=5&end=10&step=x
query_range?query=1&start=5&end=99999&step=1
query_range?query=1&start=&end=1&step=1
query_range?query=1&start=0&end=11000&step=1
query_range?query=1&start=1&end=1&step=1m30s
query_range?query=temperature[5m]&start=0&end=10&step=1
series
series?match[]=temperature[5m]
series?match[]=sum(temperature)
series?match[]=temperature
series?match[]=nothing
series?match[]=temperature&match[]={instance="a",code="200"}
series?match[]={__name__=~"t.*",instance!="a"}
series?match[]=temperature&start=x
labels
labels?match[]=temperature
labels?start=x
labels?match[]=nothing
label/__name__/values
label/instance/values
label/instance/values?match[]=temperature
label/code/values?match[]={instance="a"}
label/nothing/values
label/job/values?end=x
metadata?limit=x
rules?type=x
query_exemplars?query=temperature&start=0&end=1
format_query?query=sum%20(temperature)by(instance)
format_query?query=sum(
format_query?query=rate(temperature[8d])
format_query?query=rate(temperature[1w1d])%2Btemperature%20offset%202w
format_query?query=max_over_time(temperature[1y1d:90m])
rules
alerts
""".splitlines()[1:]
"""What is asked beside queries."""


def metric(name, **labels):
    return (("__name__", name), *sorted(labels.items()))


def made_up():
    """Return thirty minutes of counters with resets, gauges with gaps, a histogram and values of all sizes."""
    chance = random.Random(7)
    times = range(START, END + 1, STEP)
    samples = {}
    for instance in ("a", "b", "c"):
        for code in ("200", "500"):
            total, values = 0.0, {}
            for at in times:
                total = 0.0 if chance.random() < 0.02 else total + chance.randrange(20)
                values[at] = total
            samples[metric("http_requests_total", code=code, instance=instance, job="web")] = values
        samples[metric("temperature", instance=instance)] = {at: chance.uniform(-20, 90) for at in times}
        counts = dict.fromkeys(("0.1", "1", "+Inf"), 0)
        buckets = {le: {} for le in counts}
        for at in times:
            more = 0
            for le in counts:
                more += chance.randrange(5)
                counts[le] += more
                buckets[le][at] = float(counts[le])
        for le, values in buckets.items():
            samples[metric("latency_seconds_bucket", instance=instance, le=le)] = values
    sizes = [0.0, -0.0, 1e-7, 1e-6, 1.5e-5, 0.1, 1e15, 1e16, 123456789012345680.0, 1e21, -2.5e300, math.inf, -math.inf]
    for number, size in enumerate([*sizes, math.nan]):
        samples[metric("size", n=str(number))] = dict.fromkeys(times, size)
    samples[metric("gappy", job="web")] = {
        at: None if place % 40 == 30 else 1.0 * place for place, at in enumerate(times) if place % 40 <= 30
    }
    return samples


SAMPLES = made_up()


def feed(series):
    """Write the same samples into Medic, tick by tick; what has none there goes stale by itself."""
    for at in range(START, END + 1, STEP):
        present = [(pairs, values[at]) for pairs, values in SAMPLES.items() if values.get(at) is not None]
        named = groupby(sorted(present, key=lambda each: each[0]), key=lambda each: each[0][0][1])
        families = [
            Family(name, Kind.UNTYPED, "", [Sample(name, pairs[1:], value) for pairs, value in each])
            for name, each in named
        ]
        series.append(Snapshot(at, families))


def addresses():
    """Return every request: each query at some times and over a range, and the others."""
    times = (END, START + 605_300, END + 301_000)
    span = {"start": START / 1000, "end": END / 1000, "step": "67.5"}
    asked = [f"query?{form(query=query, time=at / 1000)}" for query in ("", *QUERIES) for at in times]
    asked += [f"query_range?{form(query=query, **span)}" for query in ("", *QUERIES)]
    return [*asked, *(urllib.parse.quote(each, safe="/?&=[]%+:.-_") for each in REQUESTS)]


def form(**fields):
    return urllib.parse.urlencode(fields)
