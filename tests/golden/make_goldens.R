# Makes the numbers that tests/test_goldens.py compares with.
# Run in this folder: Rscript make_goldens.R
# Writes follow_up.csv and intervals.csv (data), kaplan_meier.csv, quantiles.csv, restricted_mean.csv,
# log_rank.csv, npmle.csv (numbers) and versions.txt. The tests read these files and need no R.
suppressMessages({library(survival); library(npsurv)})
options(digits = 15)

# ---- right-censored data -------------------------------------------------------------------------
rows <- function(case, exit, resolved, entry = 0, group = "all") {
  data.frame(case, group, entry, exit, resolved = as.integer(resolved))
}
set.seed(1975)
n <- 200
true_day <- ceiling(rlnorm(n, log(520), 0.6))
last_day <- sample(100:1800, n, replace = TRUE)
random <- rows("random", pmin(true_day, last_day), true_day <= last_day,
               group = sample(c("a", "b", "c"), n, replace = TRUE))
entered <- ifelse(runif(n) < 0.4, 0, sample(1:500, n, replace = TRUE))
late <- transform(random, case = "random_entry", entry = entered)
late <- late[late$entry < late$exit, ]
follow_up <- rbind(
  rows("ties", c(30, 30, 30, 60, 60, 60, 90, 90, 120, 150), c(1, 1, 0, 1, 0, 0, 1, 1, 0, 1)),
  rows("nobody_resolved", c(30, 60, 90), c(0, 0, 0)),
  rows("everyone_resolved", c(30, 60, 60, 90, 120), rep(1, 5)),
  rows("flat_at_one_half", 1:4, rep(1, 4)),
  rows("flat_at_one_half_to_the_end", c(2, 2, 2, 5, 5, 5), c(1, 1, 1, 0, 0, 0)),
  rows("flat_at_one_half_with_censoring", c(10, 20, 30, 35, 40, 50), c(1, 1, 1, 0, 1, 1)),
  rows("one_child_resolved", 40, 1),
  rows("one_child_censored", 40, 0),
  rows("days_in_a_row", c(100, 101, 102, 103, 103, 104, 105), c(1, 1, 0, 1, 1, 0, 1)),
  rows("delayed_entry", c(40, 50, 60, 60, 80, 90, 100, 120), c(1, 0, 1, 1, 1, 0, 1, 1),
       c(0, 0, 10, 0, 40, 50, 60, 60)),
  rows("three_groups_with_ties", c(10, 10, 20, 30, 30, 40, 10, 20, 20, 50, 60, 5, 30, 40, 70, 80),
       c(1, 0, 1, 1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 0, 1), group = rep(c("a", "b", "c"), c(6, 5, 5))),
  rows("group_never_at_risk", c(10, 20, 30, 15, 25, 35, 5, 6), c(1, 1, 0, 1, 0, 1, 0, 0),
       group = rep(c("a", "b", "c"), c(3, 3, 2))),
  random, late)
write.csv(follow_up, "follow_up.csv", row.names = FALSE, quote = FALSE)

scales <- c("log" = "log", "log-log" = "log-log", "logit" = "logit", "plain" = "plain", "arcsine" = "arcsin")
horizons <- c(45, 100, 700, 1095.75)
kaplan_meier <- quantiles <- restricted_mean <- list()
response <- function(d) if (any(d$entry > 0)) Surv(d$entry, d$exit, d$resolved) else Surv(d$exit, d$resolved)
for (case in unique(follow_up$case)) {
  d <- follow_up[follow_up$case == case, ]
  for (scale in names(scales)) {
    fit <- survfit(response(d) ~ 1, conf.type = scales[[scale]])
    kaplan_meier[[length(kaplan_meier) + 1]] <- data.frame(
      case, scale, days = fit$time, n_at_risk = fit$n.risk, n_resolved = fit$n.event, n_censored = fit$n.censor,
      unresolved = fit$surv, lower = fit$lower, upper = fit$upper)
    q <- quantile(fit, c(0.25, 0.5, 0.75))
    quantiles[[length(quantiles) + 1]] <- data.frame(
      case, scale, of = "resolution", share = c(0.25, 0.5, 0.75), value = q$quantile, lower = q$lower, upper = q$upper)
  }
  turned <- transform(d, resolved = 1 - resolved)
  q <- quantile(survfit(response(turned) ~ 1), 0.5)
  quantiles[[length(quantiles) + 1]] <- data.frame(
    case, scale = "log", of = "observation", share = 0.5, value = q$quantile, lower = q$lower, upper = q$upper)
  for (horizon in horizons[horizons >= min(d$exit) & horizons <= max(d$exit)]) {
    table <- summary(survfit(response(d) ~ 1), rmean = horizon)$table
    restricted_mean[[length(restricted_mean) + 1]] <- data.frame(
      case, horizon, mean = table[["rmean"]], error = table[["se(rmean)"]])
  }
}

# ---- log-rank; R's survdiff knows no entry, but the score test of the discrete Cox model is the same ----
log_rank <- list()
for (case in c("three_groups_with_ties", "group_never_at_risk", "random")) {
  for (groups in list(c("a", "b"), c("a", "b", "c"))) {
    test <- survdiff(Surv(exit, resolved) ~ group, data = follow_up[follow_up$case == case & follow_up$group %in% groups, ])
    log_rank[[length(log_rank) + 1]] <- data.frame(
      case, groups = paste(groups, collapse = ""), group = groups, n_resolved = as.vector(test$obs),
      n_expected = as.vector(test$exp), statistic = test$chisq, degrees_of_freedom = sum(test$exp > 0) - 1)
  }
}
for (groups in list(c("a", "b"), c("a", "b", "c"))) {
  d <- follow_up[follow_up$case == "random_entry" & follow_up$group %in% groups, ]
  test <- coxph(Surv(entry, exit, resolved) ~ group, data = d, ties = "exact")
  log_rank[[length(log_rank) + 1]] <- data.frame(
    case = "random_entry", groups = paste(groups, collapse = ""), group = groups, n_resolved = NA, n_expected = NA,
    statistic = test$score, degrees_of_freedom = length(groups) - 1)
}

# ---- interval-censored data ----------------------------------------------------------------------
ends <- function(case, lower, upper, entry = 0) data.frame(case, lower, upper, entry)
visits <- function(day, last) {
  seen <- c(0, cumsum(sample(20:90, 60, replace = TRUE)))
  seen <- seen[seen <= last]
  c(max(seen[seen < day]), if (any(seen >= day)) min(seen[seen >= day]) else Inf)
}
seen <- t(mapply(visits, true_day, last_day))
seen_late <- cbind(pmax(seen[, 1], entered), seen[, 2], entered)
seen_late <- seen_late[true_day > entered & seen_late[, 1] < seen_late[, 2], ]
intervals <- rbind(
  ends("nested", c(0, 1, 0), c(1, 2, 2)),
  ends("shared_ends", c(0, 30, 60, 0, 30, 60), c(30, 60, 90, 60, 90, Inf)),
  ends("six_children", c(0, 20, 10, 40, 60, 50), c(30, 50, 40, 70, Inf, 90)),
  ends("random", seen[, 1], seen[, 2]),
  ends("entry", c(0, 20, 30, 35, 40, 10, 25, 50), c(30, 50, 60, Inf, 70, 40, 55, Inf), c(0, 0, 20, 20, 35, 0, 10, 35)),
  ends("random_entry", seen_late[, 1], seen_late[, 2], seen_late[, 3]))
intervals$upper[is.infinite(intervals$upper)] <- NA
write.csv(intervals, "intervals.csv", row.names = FALSE, quote = FALSE, na = "")

# Turnbull's self-consistency with delayed entry, day by day, written from the likelihood alone: each
# child was seen because it resolved after its entry, and stands for unseen ones that had not.
turnbull_by_day <- function(d, tolerance = 1e-14, most = 2e6) {
  last <- max(d$lower, d$upper, na.rm = TRUE) + 1
  day <- 1:last
  within <- outer(seq_len(nrow(d)), day, function(i, t) t > d$lower[i] & (is.na(d$upper[i]) | t <= d$upper[i])) * 1
  after <- outer(seq_len(nrow(d)), day, function(i, t) t > d$entry[i]) * 1
  same <- paste(apply(within, 2, paste, collapse = ""), apply(after, 2, paste, collapse = ""))
  keep <- !duplicated(same, fromLast = TRUE)
  within <- within[, keep]; after <- after[, keep]; day <- day[keep]
  p <- rep(1 / ncol(within), ncol(within))
  for (step in seq_len(most)) {
    q <- p * (colSums(within / c(within %*% p)) + colSums((1 - after) / c(after %*% p)))
    q <- q / sum(q)
    done <- max(abs(q - p)) < tolerance
    p <- q
    if (done) break
  }
  data.frame(day = day, unresolved = 1 - cumsum(p), steps = step)
}
loglik <- function(d, day, unresolved) {
  at <- function(t) ifelse(is.na(t), 0, c(1, unresolved)[findInterval(t, day) + 1])
  sum(log(at(d$lower) - at(d$upper)) - log(at(d$entry)))
}

npmle <- list()
for (case in c("nested", "shared_ends", "six_children", "random")) {
  d <- intervals[intervals$case == case, ]
  fit <- npsurv(cbind(d$lower, ifelse(is.na(d$upper), Inf, d$upper)), maxit = 1000, tol = 1e-15)$f
  holds <- is.finite(fit$right)
  npmle[[length(npmle) + 1]] <- data.frame(
    case, source = "npsurv", days = fit$right[holds], unresolved = (1 - cumsum(fit$p))[holds],
    loglik = loglik(d, fit$right, 1 - cumsum(fit$p)))
}
for (case in c("nested", "shared_ends", "six_children", "entry")) {
  d <- intervals[intervals$case == case, ]
  fit <- turnbull_by_day(d)
  cat(case, "self-consistency steps", fit$steps[1], "\n")
  fit <- fit[fit$day <= max(d$lower, d$upper, na.rm = TRUE), ]
  npmle[[length(npmle) + 1]] <- data.frame(
    case, source = "self_consistency", days = fit$day, unresolved = fit$unresolved, loglik = loglik(d, fit$day, fit$unresolved))
}

write_numbers <- function(parts, file) {
  frame <- do.call(rbind, parts)
  for (name in names(frame)) if (is.double(frame[[name]])) frame[[name]] <- ifelse(
    is.na(frame[[name]]), "", formatC(frame[[name]], digits = 15, format = "g", width = 1))
  write.csv(frame, file, row.names = FALSE, quote = FALSE, na = "")
}
write_numbers(kaplan_meier, "kaplan_meier.csv")
write_numbers(quantiles, "quantiles.csv")
write_numbers(restricted_mean, "restricted_mean.csv")
write_numbers(log_rank, "log_rank.csv")
write_numbers(npmle, "npmle.csv")
writeLines(c(R.version.string, paste("survival", packageVersion("survival")), paste("npsurv", packageVersion("npsurv"))),
           "versions.txt")
