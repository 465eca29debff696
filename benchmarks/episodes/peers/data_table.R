# data.table at its best: one setorder, then neighbours are compared by shift, one grouping of what matters.
# Rscript data_table.R FOLDER RULES OUT: reads the CSV files of FOLDER, writes episodes and seconds to OUT.
suppressPackageStartupMessages(library(data.table))
asked <- commandArgs(trailingOnly = TRUE)
folder <- asked[1]
rule <- as.list(setNames(as.numeric(strsplit(asked[2], ",")[[1]]), c(
  "before_birthday", "from_birthday", "birthday_months", "resolution_days", "chronic_months", "severe", "moderate"
)))

seconds <- function() { now <- proc.time(); c(now[["elapsed"]], now[["user.self"]] + now[["sys.self"]]) }

months_later <- function(day, months) {
  day <- as.IDate(day)
  month <- year(day) * 12L + month(day) - 1L + as.integer(months)
  first_of <- function(m) {                     # days since 1970 of the first of a month, by the civil calendar
    y <- m %/% 12L - (m %% 12L < 2L)
    era_day <- 365L * y + y %/% 4L - y %/% 100L + y %/% 400L
    era_day + (153L * ((m %% 12L + 10L) %% 12L) + 2L) %/% 5L - 719468L
  }
  first <- first_of(month)
  as.IDate(as.integer(first + pmin(mday(day) - 1L, first_of(month + 1L) - first - 1L)), origin = "1970-01-01")
}

begun <- seconds()
counts <- fread(file.path(folder, "anc_result.csv"), showProgress = FALSE)
patient <- fread(file.path(folder, "patient.csv"), showProgress = FALSE)
read <- seconds()

highest <- max(rule$before_birthday, rule$from_birthday)
counts <- counts[patient_id %chin% unique(counts[anc < highest, patient_id])]
repeated <- counts[is_alone == FALSE, .(anc = min(anc)), by = .(patient_id, sampled_on)]
daily <- rbind(counts[is_alone == TRUE, .(patient_id, sampled_on, anc)], repeated)
setorder(daily, patient_id, sampled_on)
patient[, birthday := as.integer(months_later(birth_date, rule$birthday_months))]
daily[, day := as.integer(sampled_on)]
place_of <- daily[, chmatch(patient_id, patient$patient_id)]
daily[, is_low := anc < fifelse(day < patient$birthday[place_of], rule$before_birthday, rule$from_birthday)]
n <- nrow(daily)
daily[, begins := c(TRUE, place_of[-1L] != place_of[-n])]
daily[, ends := c(begins[-1L], TRUE)]
daily[, was_low := shift(is_low, fill = FALSE)]
daily[, recovers := !begins & !is_low & was_low]
daily[, turns := begins | is_low != was_low]
daily[, run_from := fifelse(recovers, day, fifelse(turns, .Machine$integer.max %/% 2L, NA_integer_))]
daily[, run_from := nafill(run_from, type = "locf") + as.integer(rule$resolution_days)]
daily[, yesterday := shift(day, fill = 0L)]
daily[, confirms := !is_low & !turns & day >= run_from & yesterday < run_from]
daily[, place := .I]
last_day <- integer(nrow(patient))
last_day[place_of[daily$ends]] <- daily[ends == TRUE, day]

kept <- daily[is_low | recovers | confirms]
kept[, child := place_of[place]]
kept[, onset := is_low & (child != shift(child, fill = 0L) | shift(confirms, fill = FALSE))]
kept[, episode := cumsum(onset)]
first <- kept[onset == TRUE, .(
  episode, child, onset_after = fifelse(begins, NA_integer_, yesterday), onset_by = day, first_place = place
)]
low <- kept[is_low == TRUE, .(
  last_low = max(day), last_place = max(place), nadir = min(anc), n_neutropenic = .N
), by = episode]
lowest <- low[kept[is_low == TRUE], on = "episode"][anc == nadir, .(nadir_on = min(day)), by = episode]
tail_of <- kept[, .(ended = !is_low[.N]), by = episode]
recovered <- kept[recovers == TRUE, .(resolution_by = max(day)), by = episode]
confirmed <- kept[confirms == TRUE, .(confirmed_on = max(day)), by = episode]

episode <- first[low, on = "episode"]
episode[, nadir_on := lowest$nadir_on[match(episode, lowest$episode)]]
episode[, is_resolved := tail_of$ended]
episode[, resolution_by := fifelse(is_resolved, recovered$resolution_by[match(episode, recovered$episode)], NA_integer_)]
episode[, confirmed_on := confirmed$confirmed_on[match(episode, confirmed$episode)]]
episode[, patient_id := patient$patient_id[child]]
episode[, episode_number := rowid(child)]
episode[, resolution_after := fifelse(is_resolved, last_low, NA_integer_)]
episode[, censored_on := fifelse(is_resolved, NA_integer_, last_low)]
episode[, end_kind := fifelse(!is.na(confirmed_on), "confirmed", fifelse(is_resolved, "uncontradicted", "open"))]
episode[, died := !is.na(patient$died_on[child])]
episode[, censoring_reason := fifelse(is_resolved, NA_character_, fifelse(died, "death", "end_of_data"))]
episode[, last_observed_on := last_day[child]]
episode[, severity := fifelse(nadir < rule$severe, "severe", fifelse(nadir < rule$moderate, "moderate", "mild"))]
episode[, until := fifelse(is_resolved, resolution_by, last_low)]
onset <- as.IDate(episode$onset_by, origin = "1970-01-01")
episode[, is_chronic := until > as.integer(months_later(onset, rule$chronic_months))]
episode[, course := fifelse(is_chronic, "chronic", fifelse(is_resolved, "transient", "undetermined"))]
episode[, n_counts := last_place - first_place + 1L + is_resolved]
episode[, age_at_onset_days := onset_by - as.integer(patient$birth_date)[child]]
dates <- c(
  "onset_after", "onset_by", "resolution_after", "resolution_by", "confirmed_on", "censored_on", "last_observed_on",
  "nadir_on"
)
episode[, (dates) := lapply(.SD, as.IDate, origin = "1970-01-01"), .SDcols = dates]
episode[, c("died", "until", "is_chronic", "first_place", "last_place", "last_low", "episode", "child") := NULL]
done <- seconds()

seconds_by_stage <- rbind(read - begun, done - read)
write.table(seconds_by_stage, file.path(asked[3], "seconds"), row.names = FALSE, col.names = FALSE)
fwrite(episode, file.path(asked[3], "episode.csv"))
cat(nrow(episode), "\n")
