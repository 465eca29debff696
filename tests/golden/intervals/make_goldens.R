# Makes the numbers that tests/test_interval_goldens.py compares with.
# Run in this folder: Rscript make_goldens.R
# Writes data.csv (rows of every case), npmle.csv, scores.csv and versions.txt. The tests read these and need no R.
# Packages: npsurv (r-cran-npsurv), survival. Cases without delayed entry: npsurv's constrained Newton method.
# Cases with delayed entry: self-consistency written from the likelihood alone, day by day.
suppressMessages({library(npsurv); library(survival)})
set.seed(1975)

rows <- function(case, lower, upper, entry = 0, weight = 1, group = "a")
  data.frame(case, lower, upper, entry, weight, group)
visited <- function(case, n, gap, exact = 0, late = FALSE) {
  day <- ceiling(rlnorm(n, log(520), 0.6)); last <- sample(200:1800, n, replace = TRUE)
  ends <- t(mapply(function(day, last) {
    seen <- c(0, cumsum(sample(gap, 90, replace = TRUE))); seen <- seen[seen <= last]
    c(max(seen[seen < day]), if (any(seen >= day)) min(seen[seen >= day]) else Inf)
  }, day, last))
  known <- runif(n) < exact & is.finite(ends[, 2])
  ends[known, ] <- cbind(day - 1, day)[known, ]
  entry <- if (late) ifelse(runif(n) < 0.5, sample(0:300, n, replace = TRUE), 0) else rep(0, n)
  keep <- day > entry & ends[, 2] > entry
  rows(case, pmax(ends[, 1], entry)[keep], ends[keep, 2], entry[keep])
}
# data sets that survival ships, in whole days or months: exact or right-censored, with ties
as_intervals <- function(case, time, event, group) {
  keep <- !is.na(time) & time > 0
  rows(case, time - event, ifelse(event == 1, time, Inf), group = as.character(group))[keep, ]
}
# npsurv's data of breast retraction (Finkelstein and Wolfe 1985), in months: left-, interval- and right-censored
data(cancer, package = "npsurv")
cosmesis <- data.frame(lower = cancer$L, upper = cancer$R, weight = 1, group = as.character(cancer$group))
data <- rbind(
  rows("one_child", 10, 40),
  rows("one_child_unresolved", 40, Inf),
  rows("all_censored", c(10, 200, 30), c(Inf, Inf, Inf)),
  rows("all_exact", c(4, 9, 19, 29), c(5, 10, 20, 30)),
  rows("exact_ties", c(4, 4, 9, 9, 9, 10, 12), c(5, 5, 10, 10, 10, Inf, Inf)),
  rows("left_censored", c(0, 0, 0, 20, 40), c(10, 30, 50, 60, Inf)),
  rows("current_status", c(0, 20, 0, 35, 0, 50, 60, 0), c(15, Inf, 30, Inf, 45, Inf, Inf, 70)),
  rows("near_ties", c(0, 30, 31, 30, 29, 0), c(30, 31, 32, 60, 60, 61)),
  rows("touching", c(0, 10, 20, 0, 10, 5), c(10, 20, 30, 20, 30, 25)),
  rows("weights", c(0, 10, 20, 0, 25), c(15, 30, 40, 20, Inf), weight = c(3, 1, 5, 2, 4)),
  visited("monthly", 150, 15:45),
  visited("quarterly", 150, 60:120),
  visited("half_yearly", 100, 120:240),
  visited("some_exact", 300, 30:90, exact = 0.2),
  rows("breast", cosmesis$lower, cosmesis$upper, group = cosmesis$group),
  with(cosmesis[cosmesis$group == cosmesis$group[1], ], rows("breast_first_group", lower, upper)),
  as_intervals("aml", aml$time, aml$status, aml$x),
  as_intervals("veteran", veteran$time, veteran$status, veteran$trt),
  rows("entry_few", c(0, 20, 30, 35, 40, 10, 25, 50), c(30, 50, 60, Inf, 70, 40, 55, Inf), c(0, 0, 20, 20, 35, 0, 10, 35)),
  rows("entry_exact", c(9, 14, 19, 19, 30, 11), c(10, 15, 20, 20, Inf, Inf), c(0, 5, 5, 12, 0, 8)),
  rows("entry_near_ties", c(0, 10, 11, 10, 9, 12), c(10, 11, 13, 14, 15, Inf), c(0, 0, 5, 9, 0, 10)))
row.names(data) <- NULL
shown <- data; shown$upper[is.infinite(shown$upper)] <- NA
write.csv(shown, "data.csv", row.names = FALSE, quote = FALSE, na = "")

# Turnbull's self-consistency with delayed entry: each child stands for unseen ones that resolved before it entered
by_day <- function(d, tolerance = 1e-15, most = 3e5) {
  last <- max(d$lower, d$upper[is.finite(d$upper)]) + 1
  day <- 1:last
  within <- outer(seq_len(nrow(d)), day, function(i, t) t > d$lower[i] & t <= d$upper[i]) * 1
  within[is.infinite(d$upper), last] <- 1
  after <- outer(seq_len(nrow(d)), day, function(i, t) t > d$entry[i]) * 1
  p <- rep(1 / last, last)
  for (step in seq_len(most)) {
    q <- p * (colSums(d$weight * within / c(within %*% p)) + colSums(d$weight * (1 - after) / c(after %*% p)))
    q <- q / sum(q); done <- max(abs(q - p)) < tolerance; p <- q
    if (done) break
  }
  data.frame(right = day, mass = p)
}
by_npsurv <- function(d) {
  if (nrow(d) == 1) return(data.frame(right = d$upper, mass = 1))
  fit <- npsurv(cbind(d$lower, d$upper), w = d$weight, maxit = 2000, tol = 1e-15)$f
  data.frame(right = fit$right, mass = fit$p)
}
loglik <- function(d, fit) {
  inside <- sapply(seq_len(nrow(d)), function(i) sum(fit$mass[fit$right > d$lower[i] & fit$right <= d$upper[i]]))
  window <- sapply(seq_len(nrow(d)), function(i) sum(fit$mass[fit$right > d$entry[i]]))
  sum(d$weight * (log(inside) - log(window)))
}
digits <- function(x) formatC(x, digits = 15, format = "g", width = 1)
npmle <- do.call(rbind, lapply(unique(data$case), function(case) {
  d <- data[data$case == case, ]
  late <- any(d$entry > 0)
  fit <- if (late) by_day(d) else by_npsurv(d)
  # shares are compared on the days on which a row ends, where the maximum is one of all
  days <- sort(unique(c(d$lower[d$lower > 0], d$upper[is.finite(d$upper)])))
  data.frame(case, source = if (late) "self_consistency" else "npsurv", days,
    unresolved = digits(sapply(days, function(t) sum(fit$mass[fit$right > t]))), loglik = digits(loglik(d, fit)))
}))
write.csv(npmle, "npmle.csv", row.names = FALSE, quote = FALSE)

# Log-rank test of intervals: Sun's scores written from npsurv's estimate; where all is exact or censored they are
# the martingale residuals of survival's null model (Breslow). Variance of permutations.
test_of <- function(score, group) {
  sums <- tapply(score, group, sum); n <- tapply(score, group, length)
  data.frame(group = names(sums), difference = digits(c(sums)),
             statistic = digits((length(score) - 1) / sum(score^2) * sum(sums^2 / n)))
}
sun <- function(d) {
  fit <- by_npsurv(d)
  before <- 1 - c(0, cumsum(fit$mass))[seq_along(fit$mass)]
  at <- function(t) {
    s <- sum(fit$mass[fit$right > t]); if (is.infinite(t) || s < 1e-12) return(c(0, 0))
    c(s, s * sum((fit$mass / before)[fit$right <= t]))
  }
  apply(cbind(d$lower, d$upper), 1, function(e) { l <- at(e[1]); u <- at(e[2]); (u[2] - l[2]) / (l[1] - u[1]) })
}
right <- function(case, time, event, group)
  data.frame(case, source = "martingale_residuals",
             test_of(residuals(coxph(Surv(time, event) ~ 1, ties = "breslow"), type = "martingale"), group))
scores <- rbind(
  right("aml", aml$time, aml$status, aml$x),
  right("veteran", veteran$time, veteran$status, veteran$trt),
  data.frame(case = "breast", source = "sun_by_npsurv",
             test_of(sun(cosmesis), cosmesis$group)))
write.csv(scores, "scores.csv", row.names = FALSE, quote = FALSE)
writeLines(c(R.version.string, paste("survival", packageVersion("survival")), paste("npsurv", packageVersion("npsurv"))), "versions.txt")
