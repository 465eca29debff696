# Makes the numbers that tests/test_incidence.py compares with.
# Run in this folder: Rscript make_goldens.R
# Writes data.csv, incidence.csv (survival::survfit), without_entry.csv (cmprsk::cuminc), entry.csv (etm),
# gray.csv (cmprsk), recurrence_data.csv, recurrence.csv (survival, by cluster) and versions.txt. The tests need no R.
suppressMessages({library(survival); library(cmprsk); library(etm)})
options(digits = 15)

rows <- function(case, exit, end, entry = 0, group = "a") data.frame(case, group, entry, exit, end)
set.seed(1975)
drawn <- function(case, n, ends, last, late = 0, groups = 1) {
  d <- rows(case, sample(2:last, n, TRUE), sample(ends, n, TRUE), 0, sample(letters[seq_len(groups)], n, TRUE))
  if (late > 0) d$entry <- ifelse(runif(n) < late, floor(d$exit * runif(n, 0, 0.9)), 0)
  d
}
m <- mgus2[!is.na(mgus2$mspike), ]
m$end <- ifelse(m$pstat == 1, 1, 2 * m$death)
m$exit <- ifelse(m$pstat == 1, m$ptime, m$futime)
m <- m[m$exit > 0, ]
data(abortion)
data <- rbind(
  rows("ties", c(10, 10, 10, 20, 20, 30, 30, 30), c(1, 1, 2, 0, 1, 2, 1, 0)),
  rows("same_day", c(10, 10, 10, 10, 20), c(1, 2, 1, 2, 0)),
  rows("no_competing", c(5, 8, 8, 12, 20), c(1, 1, 0, 1, 0)),
  rows("all_come_to_an_end", c(3, 5, 5, 9, 11, 11), c(1, 2, 1, 1, 2, 1)),
  rows("only_competing", c(4, 6, 9, 9), c(2, 2, 0, 2)),
  rows("one_resolved", 40, 1), rows("one_competing", 40, 2), rows("nobody", c(10, 20), c(0, 0)),
  rows("last_is_censored", c(3, 5, 7, 20), c(1, 2, 1, 0)),
  rows("days_in_a_row", 100:107, c(1, 2, 0, 1, 1, 2, 0, 1)),
  rows("entry_by_hand", c(10, 20, 20, 30, 40, 50), c(1, 2, 1, 0, 1, 2), c(0, 0, 10, 15, 5, 20)),
  rows("entry_on_the_day_of_an_end", c(10, 20, 30, 40), c(1, 1, 2, 1), c(0, 0, 10, 20)),
  drawn("random_50", 50, 0:2, 60), drawn("random_200", 200, 0:2, 1500), drawn("rare_competing", 150, c(0, 1, 1, 1, 1, 2), 300),
  drawn("three_ends", 200, 0:3, 90), drawn("heavy_ties", 200, 0:2, 8), drawn("heavy_censoring", 120, c(0, 0, 0, 0, 1, 2), 400),
  drawn("entry_50", 50, 0:2, 60, late = 0.4), drawn("entry_200", 200, 0:2, 900, late = 0.6),
  drawn("entry_three_ends", 150, 0:3, 200, late = 0.5), drawn("two_groups", 120, 0:2, 200, groups = 2),
  drawn("three_groups", 180, 0:2, 50, groups = 3), drawn("four_groups_with_ties", 160, 0:2, 12, groups = 4),
  drawn("groups_of_ten", 30, 0:2, 40, groups = 3), drawn("groups_with_three_ends", 150, 0:3, 80, groups = 2),
  drawn("groups_heavy_censoring", 150, c(0, 0, 0, 1, 2), 100, groups = 2),
  rows("mgus2", m$exit, m$end, 0, as.character(m$sex)),
  rows("abortion", abortion$exit, ifelse(abortion$cause == 3, 1, abortion$cause + 1), abortion$entry, paste0("g", abortion$group)))
data <- data[data$exit > data$entry, ]
write.csv(data, "data.csv", row.names = FALSE, quote = FALSE)

incidence <- entry <- plain <- gray <- list()
for (case in unique(data$case)) {
  d <- data[data$case == case, ]
  ends <- sort(setdiff(unique(d$end), 0))
  if (length(ends) == 0) next
  d$state <- factor(d$end, levels = c(0, ends))
  for (scale in c("log", "plain", "log-log")) {
    # survfit takes who enters late only with an identity of each child
    fit <- if (any(d$entry > 0)) survfit(Surv(entry, exit, state) ~ 1, data = d, id = seq_len(nrow(d)), conf.type = scale, se.fit = TRUE)
           else survfit(Surv(exit, state) ~ 1, data = d, conf.type = scale)
    keep <- fit$time %in% d$exit
    for (k in seq_along(ends)) incidence[[length(incidence) + 1]] <- data.frame(
      case, scale, end = ends[k], days = fit$time[keep], incidence = fit$pstate[keep, k + 1],
      error = fit$std.err[keep, k + 1], lower = fit$lower[keep, k + 1], upper = fit$upper[keep, k + 1])
  }
  if (!any(d$entry > 0)) {
    fit <- cuminc(d$exit, d$end, cencode = 0)
    for (k in ends) {
      f <- timepoints(fit, sort(unique(d$exit)))$est[paste(1, k), ]
      plain[[length(plain) + 1]] <- data.frame(case, end = k, days = sort(unique(d$exit)), incidence = as.numeric(f))
    }
    if (length(unique(d$group)) > 1) {
      t <- cuminc(d$exit, d$end, d$group, cencode = 0)$Tests
      gray[[length(gray) + 1]] <- data.frame(case, end = as.integer(rownames(t)), statistic = t[, 1], p = t[, 2], df = t[, 3])
    }
  } else {
    fit <- etmCIF(Surv(entry, exit, end != 0) ~ 1, data = d, etype = end, failcode = ends[1])
    for (k in ends) {
      s <- summary(fit[[1]])[[paste("0", k)]]
      at <- s[, "time"] %in% d$exit
      entry[[length(entry) + 1]] <- data.frame(case, end = k, days = s[at, "time"], incidence = s[at, "P"], error = sqrt(s[at, "var"]))
    }
  }
}
write.csv(do.call(rbind, incidence), "incidence.csv", row.names = FALSE, quote = FALSE)
write.csv(do.call(rbind, plain), "without_entry.csv", row.names = FALSE, quote = FALSE)
write.csv(do.call(rbind, entry), "entry.csv", row.names = FALSE, quote = FALSE)
write.csv(do.call(rbind, gray), "gray.csv", row.names = FALSE, quote = FALSE)

# ---- episodes that come again: the mean number by day, with the robust error of survfit -------------------
again <- function(case, d) data.frame(case, child = d$id, start = d$start, stop = d$stop, is_event = d$event)
b <- bladder2[, c("id", "start", "stop", "event", "rx", "enum")]; b <- b[b$stop > b$start, ]
g <- cgd[, c("id", "tstart", "tstop", "status")]; names(g) <- c("id", "start", "stop", "event")
made <- function(n, rate, last) do.call(rbind, lapply(seq_len(n), function(i) {
  end <- sample(10:last, 1); days <- sort(unique(sample(seq_len(end), min(end - 1, rpois(1, rate * end)))))
  cuts <- unique(c(days, end)); data.frame(id = i, start = c(0, head(cuts, -1)), stop = cuts, event = as.integer(cuts %in% days))
}))
recurrences <- rbind(
  again("bladder", b), again("bladder_treated", b[b$rx == 2, ]), again("cgd", g),
  again("made_20", made(20, 0.02, 120)), again("made_100", made(100, 0.01, 400)), again("made_ties", made(60, 0.2, 20)),
  again("nobody_again", data.frame(id = 1:3, start = 0, stop = c(10, 20, 30), event = 0)),
  again("by_hand", data.frame(id = c(1, 1, 2, 2, 2, 3), start = c(0, 5, 0, 4, 8, 0), stop = c(5, 12, 4, 8, 15, 9), event = c(1, 0, 1, 1, 0, 0))))
write.csv(recurrences, "recurrence_data.csv", row.names = FALSE, quote = FALSE)
mean_number <- list()
for (case in unique(recurrences$case)) {
  d <- recurrences[recurrences$case == case, ]
  fit <- survfit(Surv(start, stop, is_event) ~ 1, data = d, cluster = child, robust = TRUE, ctype = 1)
  mean_number[[length(mean_number) + 1]] <- data.frame(case, days = fit$time, mean = fit$cumhaz, error = fit$std.chaz)
}
write.csv(do.call(rbind, mean_number), "recurrence.csv", row.names = FALSE, quote = FALSE)
writeLines(c(R.version.string, paste("survival", packageVersion("survival")), paste("cmprsk", packageVersion("cmprsk")),
             paste("etm", packageVersion("etm"))), "versions.txt")
