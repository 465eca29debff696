# Makes the numbers that tests/test_kaplan_goldens.py compares with.
# Run in this folder: Rscript make_goldens.R
# Writes rows.csv (data), weighted.csv, robust.csv, log_rank.csv, trend.csv, means.csv, fixed_time.csv,
# one_sample.csv, bands.csv, critical.csv, exact.csv (numbers) and versions.txt. Tests read these and need no R.
# Data: veteran, lung, pbc, colon (deaths), heart (with entry), kidney of R's survival; the rest is made
# up by hand or with a seed. Times are whole days; 1 is an event.
suppressMessages({library(survival); library(km.ci)})
options(digits = 15)

# ---- data ----------------------------------------------------------------------------------------
rows <- function(case, exit, resolved, entry = 0, group = "all", stratum = "s", weight = 1) {
  data.frame(case, group = as.character(group), stratum = as.character(stratum), entry, exit,
             resolved = as.integer(resolved), weight)
}
set.seed(1958)
lung <- lung[!is.na(lung$ph.ecog) & lung$ph.ecog < 3, ]
pbc <- pbc[!is.na(pbc$trt), ]
death <- colon[colon$etype == 2, ]
heart <- transform(heart, start = ceiling(start), stop = ceiling(stop))
heart <- heart[heart$start < heart$stop, ]
random <- function(case, n, groups, is_late = FALSE, last = 900) {
  true <- ceiling(rexp(n, 1 / 300)); end <- sample(50:last, n, replace = TRUE)
  entry <- if (is_late) ifelse(runif(n) < 0.5, 0, sample(1:200, n, replace = TRUE)) else rep(0, n)
  d <- rows(case, pmin(true, end), true <= end, entry, sample(letters[1:groups], n, replace = TRUE),
            sample(c("s", "t"), n, replace = TRUE), round(runif(n, 0.2, 3), 2))
  d[d$entry < d$exit, ]
}
data <- rbind(
  with(veteran, rows("veteran", time, status, 0, celltype, trt, round(karno / 30, 2))),
  with(lung, rows("lung", time, status == 2, 0, ph.ecog, sex, round(age / 40, 2))),
  with(pbc, rows("pbc", time, status == 2, 0, edema * 2, sex, round(age / 40, 2))),
  with(death, rows("colon", time, status, 0, rx, sex, round(age / 40, 2))),
  with(heart, rows("heart", stop, event, start, transplant, surgery, round(1.5 + age / 50, 2))),
  with(kidney, rows("kidney", time, status, 0, sex, ifelse(age < 45, "young", "old"), round(age / 40, 2))),
  random("random_1", 40, 2), random("random_2", 60, 3), random("random_3", 150, 2), random("random_4", 80, 4),
  random("late_1", 60, 2, TRUE), random("late_2", 120, 3, TRUE), random("late_3", 300, 2, TRUE),
  random("many_ties_1", 100, 2, last = 60), random("few", 12, 2), random("long", 200, 3, last = 3000),
  rows("ties", c(30, 30, 30, 60, 60, 60, 90, 90, 120, 150), c(1, 1, 0, 1, 0, 0, 1, 1, 0, 1), 0,
       rep(c("a", "b"), 5), rep(c("s", "t"), each = 5), c(0.5, 1.5, 2, 1, 1, 0.7, 1.2, 3, 1, 2)),
  rows("everybody", c(10, 20, 20, 30, 40, 50, 55, 60), 1, 0, rep(c("a", "b"), 4), rep(c("s", "t"), each = 4),
       c(1, 2, 0.5, 0.25, 1, 1.5, 2, 1)),
  rows("nobody", c(30, 60, 90), 0, 0, c("a", "b", "a"), "s", c(0.5, 1, 2)),
  rows("one_resolved", 40, 1, 0, "a", "s", 2.5),
  rows("one_censored", 40, 0, 0, "a", "s", 2.5),
  rows("days_in_a_row", c(100, 101, 102, 103, 103, 104, 105), c(1, 1, 0, 1, 1, 0, 1), 0, c("a", "b", "a", "b", "a", "b", "a"),
       "s", c(1, 2, 1.5, 0.5, 0.75, 1, 1)),
  random("random_5", 30, 2), random("late_4", 90, 2, TRUE), random("late_5", 50, 3, TRUE))
data <- transform(data, child = seq_len(nrow(data)), count = 1 + (seq_len(nrow(data)) * 7) %% 4)
data$child[data$case == "kidney"] <- 100000 + kidney$id  # two infections of one patient
write.csv(data, "rows.csv", row.names = FALSE, quote = FALSE)
cases <- unique(data$case)
of <- function(case) data[data$case == case, ]
response <- function(d) if (any(d$entry > 0)) Surv(d$entry, d$exit, d$resolved) else Surv(d$exit, d$resolved)

# ---- weights: whole numbers, and sampling weights with the infinitesimal jackknife ---------------
weighted <- robust <- list()
for (case in cases) {
  d <- of(case)
  fit <- survfit(response(d) ~ 1, weights = d$count)
  q <- quantile(fit, 0.5)
  weighted[[case]] <- data.frame(case, days = fit$time, n_at_risk = fit$n.risk, n_resolved = fit$n.event,
    n_censored = fit$n.censor, unresolved = fit$surv, lower = fit$lower, upper = fit$upper, median = q$quantile)
  fit <- if (case == "kidney") survfit(response(d) ~ 1, weights = d$weight, cluster = d$child, robust = TRUE)
         else survfit(response(d) ~ 1, weights = d$weight, id = d$child, robust = TRUE)
  said <- summary(fit, censored = TRUE)
  robust[[case]] <- data.frame(case, days = fit$time, unresolved = fit$surv, error = said$std.err, lower = fit$lower,
    upper = fit$upper)
}

# ---- the log-rank family, written from its definition; where R has the test, R's own beside it ---
family <- list("log-rank" = function(n, d, s, p) n^0, "gehan" = function(n, d, s, p) n,
  "tarone-ware" = function(n, d, s, p) sqrt(n), "peto-peto" = function(n, d, s, p) p,
  "fh_0.5_0" = function(n, d, s, p) s^0.5, "fh_1_0" = function(n, d, s, p) s, "fh_0_1" = function(n, d, s, p) 1 - s,
  "fh_1_1" = function(n, d, s, p) s * (1 - s))
sums <- function(d, weigh) {
  groups <- sort(unique(d$group)); u <- rep(0, length(groups)); v <- matrix(0, length(groups), length(groups))
  for (stratum in unique(d$stratum)) {
    part <- d[d$stratum == stratum, ]; s <- 1; p <- 1
    for (t in sort(unique(part$exit[part$resolved == 1]))) {
      y <- sapply(groups, function(g) sum(part$group == g & part$entry < t & part$exit >= t))
      e <- sapply(groups, function(g) sum(part$group == g & part$exit == t & part$resolved == 1))
      n <- sum(y); k <- sum(e); p <- p * (1 - k / (n + 1)); w <- weigh(n, k, s, p); s <- s * (1 - k / n)
      u <- u + w * (e - y * k / n)
      if (n > 1) v <- v + w^2 * k * (n - k) / (n - 1) * (diag(y / n, length(y)) - outer(y / n, y / n))
    }
  }
  list(u = u, v = v)
}
pseudo <- function(v) { e <- eigen(v, symmetric = TRUE); keep <- e$values > 1e-9 * sum(diag(v))
  list(inverse = e$vectors[, keep, drop = FALSE] %*% (t(e$vectors[, keep, drop = FALSE]) / e$values[keep]), rank = sum(keep)) }
log_rank <- trend <- list()
for (case in cases) for (is_stratified in c(FALSE, TRUE)) {
  d <- of(case); if (!is_stratified) d$stratum <- "s"
  if (length(unique(d$group)) < 2 || sum(d$resolved) == 0) next
  for (name in names(family)) {
    x <- sums(d, family[[name]]); inverse <- pseudo(x$v)
    if (inverse$rank == 0) next
    log_rank[[length(log_rank) + 1]] <- data.frame(case, is_stratified, weights = name, source = "definition",
      statistic = c(x$u %*% inverse$inverse %*% x$u), df = inverse$rank)
    score <- seq_along(x$u) - 1
    variance <- c(score %*% x$v %*% score)
    if (variance > 0) trend[[length(trend) + 1]] <- data.frame(case, is_stratified, weights = name, source = "definition",
      statistic = sum(score * x$u)^2 / variance)
  }
  if (all(d$entry == 0)) for (rho in c(0, 0.5, 1)) {
    test <- survdiff(if (is_stratified) Surv(exit, resolved) ~ group + strata(stratum) else Surv(exit, resolved) ~ group,
                     data = d, rho = rho)
    expected <- if (is.matrix(test$exp)) rowSums(test$exp) else test$exp
    log_rank[[length(log_rank) + 1]] <- data.frame(case, is_stratified, weights = c("0" = "log-rank", "0.5" = "fh_0.5_0",
      "1" = "fh_1_0")[[as.character(rho)]], source = "survdiff", statistic = test$chisq, df = sum(expected > 0) - 1)
  }
  if (case %in% c("heart", "late_1", "late_2", "late_3", "random_2", "few", "ties")) {
    d$score <- as.integer(factor(d$group)) - 1
    model <- function(what) as.formula(paste("Surv(entry, exit, resolved) ~", what, if (is_stratified) "+ strata(stratum)"))
    test <- suppressWarnings(coxph(model("group"), data = d, ties = "exact"))
    log_rank[[length(log_rank) + 1]] <- data.frame(case, is_stratified, weights = "log-rank", source = "coxph",
      statistic = test$score, df = length(unique(d$group)) - 1)
    test <- suppressWarnings(coxph(model("score"), data = d, ties = "exact"))
    trend[[length(trend) + 1]] <- data.frame(case, is_stratified, weights = "log-rank", source = "coxph", statistic = test$score)
  }
}

# ---- restricted means (formulas of survRM2: Uno et al. 2014) and shares at a fixed day (Klein et al. 2007) ----
means <- fixed_time <- list()
z <- qnorm(0.975)
area <- function(d, tau) {
  said <- summary(survfit(response(d) ~ 1), rmean = tau)$table
  c(said[["rmean"]], said[["se(rmean)"]])
}
scales <- list("plain" = list(function(s) s, function(s) s), "log" = list(log, function(s) 1 + 0 * s),
  "log-log" = list(function(s) log(-log(s)), function(s) 1 / log(s)),
  "logit" = list(function(s) log(s / (1 - s)), function(s) 1 / (1 - s)),
  "arcsine" = list(function(s) asin(sqrt(s)), function(s) 0.5 * sqrt(s / (1 - s))))
for (case in cases) {
  d <- of(case); groups <- sort(unique(d$group))
  if (length(groups) < 2) next
  last <- tapply(d$exit, d$group, max)
  for (share in c(0.4, 0.7)) {
    tau <- floor(min(last) * share)
    if (tau < max(tapply(d$exit, d$group, min))) next  # R gives no mean before the first exit
    for (g in groups[-1]) {
      m1 <- area(d[d$group == g, ], tau); m0 <- area(d[d$group == groups[1], ], tau)
      gap <- m1[1] - m0[1]; gap_error <- sqrt(m1[2]^2 + m0[2]^2)
      ratio <- log(m1[1] / m0[1]); ratio_error <- sqrt((m1[2] / m1[1])^2 + (m0[2] / m0[1])^2)
      lost <- log((tau - m1[1]) / (tau - m0[1])); lost_error <- sqrt((m1[2] / (tau - m1[1]))^2 + (m0[2] / (tau - m0[1]))^2)
      means[[length(means) + 1]] <- data.frame(case, tau, group = g, reference = groups[1],
        quantity = c("difference", "ratio", "ratio_of_lost"), value = c(gap, exp(ratio), exp(lost)),
        lower = c(gap - z * gap_error, exp(ratio - z * ratio_error), exp(lost - z * lost_error)),
        upper = c(gap + z * gap_error, exp(ratio + z * ratio_error), exp(lost + z * lost_error)),
        p = 2 * pnorm(-abs(c(gap / gap_error, ratio / ratio_error, lost / lost_error))))
    }
    at <- sapply(groups, function(g) {
      said <- summary(survfit(response(d[d$group == g, ]) ~ 1), times = tau, extend = TRUE)
      c(said$surv, said$std.err / said$surv)
    })
    for (scale in names(scales)) {
      phi <- scales[[scale]][[1]](at[1, ])
      per <- switch(scale, plain = at[1, ], scales[[scale]][[2]](at[1, ]))
      error <- abs(per) * at[2, ]
      if (any(!is.finite(phi)) || any(!is.finite(error)) || any(error == 0)) next
      contrast <- cbind(-1, diag(length(groups) - 1)); gap <- contrast %*% phi
      overall <- c(t(gap) %*% solve(contrast %*% diag(error^2) %*% t(contrast)) %*% gap)
      limits <- sapply(groups, function(g) {
        fit <- survfit(response(d[d$group == g, ]) ~ 1, conf.type = if (scale == "arcsine") "arcsin" else scale)
        said <- summary(fit, times = tau, extend = TRUE); c(said$lower, said$upper) })
      for (k in seq_along(groups)[-1]) {
        s1 <- at[1, k]; s0 <- at[1, 1]
        if (scale == "plain") { both <- s1 - s0 + c(-1, 1) * z * sqrt(error[k]^2 + error[1]^2) } else {
          both <- c(s1 - s0 - sqrt((s1 - limits[1, k])^2 + (limits[2, 1] - s0)^2),
                    s1 - s0 + sqrt((limits[2, k] - s1)^2 + (s0 - limits[1, 1])^2)) }
        fixed_time[[length(fixed_time) + 1]] <- data.frame(case, day = tau, scale, group = groups[k], reference = groups[1],
          value = s1 - s0, lower = both[1], upper = both[2],
          p = pchisq((phi[k] - phi[1])^2 / (error[k]^2 + error[1]^2), 1, lower.tail = FALSE), overall, df = length(groups) - 1)
      }
    }
  }
}

# ---- one-sample log-rank against a constant and a Weibull hazard: survdiff with offset, poisson.test ----
one_sample <- list()
for (case in cases) for (reference in c("constant", "weibull")) {
  d <- of(case)
  hazard <- if (reference == "constant") function(t) t / 400 else function(t) (t / 350)^1.3
  e <- hazard(d$exit) - hazard(d$entry)
  test <- poisson.test(sum(d$resolved), sum(e))
  statistic <- (sum(d$resolved) - sum(e))^2 / sum(e)
  if (all(d$entry == 0)) {  # R's own test
    d$p <- exp(-e); theirs <- survdiff(Surv(exit, resolved) ~ offset(p), data = d)$chisq
    stopifnot(abs(theirs - statistic) < 1e-8 * max(1, statistic))
  }
  one_sample[[length(one_sample) + 1]] <- data.frame(case, reference, observed = sum(d$resolved), expected = sum(e),
    ratio = test$estimate / 1, lower = test$conf.int[1], upper = test$conf.int[2], statistic, exact_p = test$p.value)
}

# ---- simultaneous bands: km.ci, with the critical value that it takes from its tables -------------
bands <- critical <- list()
for (kind in c("hall-wellner", "equal precision")) for (level in c("90", "95")) {
  table <- get(paste0("critical.value.", c("hall-wellner" = "hall", "equal precision" = "nair")[[kind]], ".", level))
  critical[[length(critical) + 1]] <- data.frame(kind, level, row = row(table)[TRUE], column = colnames(table)[col(table)], value = c(table))
}
for (case in cases) {
  d <- of(case)
  if (any(d$entry > 0) || nrow(d) < 10 || case == "nobody") next
  fit <- survfit(Surv(exit, resolved) ~ 1, data = d)
  for (method in c("hall-wellner", "loghall", "epband", "logep")) {
    found <- try(km.ci(fit, method = method, tl = NA, tu = NA), silent = TRUE)
    if (inherits(found, "try-error")) { cat(case, method, "refused\n"); next }
    bands[[length(bands) + 1]] <- data.frame(case, method, days = found$time, unresolved = found$surv, lower = found$lower, upper = found$upper)
  }
}

# ---- exact critical values of both bands, by other means than ours: finite differences for the scaled
# bridge (with Richardson's step), a double integral with images for the bridge itself -------------
decay <- function(c, time, n) {
  h <- 2 * c / n; x <- -c + h * seq_len(n - 1)
  m <- diag(2 / h^2 + x^2 / 4 - 0.5); m[abs(row(m) - col(m)) == 1] <- -1 / h^2
  e <- eigen(m, symmetric = TRUE)
  sum(exp(-e$values * time) * (h * colSums(e$vectors * sqrt(dnorm(x))))^2 / h)
}
images <- function(c, a, b, n = 400) {
  x <- -c + 2 * c * (seq_len(n) - 0.5) / n; k <- -6:6
  kernel <- matrix(0, n, n)
  for (j in k) kernel <- kernel + outer(x, x, function(x, y) dnorm(y - x + 4 * j * c, 0, sqrt(b - a)) - dnorm(y + x + 2 * c + 4 * j * c, 0, sqrt(b - a)))
  sqrt(2 * pi) * (2 * c / n)^2 * c(dnorm(x, 0, sqrt(a)) %*% kernel %*% dnorm(x, 0, sqrt(1 - b)))
}
richardson <- function(f, n) (4 * f(2 * n) - f(n)) / 3
exact <- list()
for (c in c(1.1, 1.5, 2, 2.5, 3)) for (ends in list(c(0.05, 0.9), c(0.1, 0.5), c(0.3, 0.7), c(0.4, 0.5), c(0.02, 0.98))) {
  time <- log(ends[2] * (1 - ends[1]) / (ends[1] * (1 - ends[2]))) / 2
  exact[[length(exact) + 1]] <- data.frame(kind = "equal precision", c, a = ends[1], b = ends[2],
    chance = richardson(function(n) decay(c, time, n), 150))
  exact[[length(exact) + 1]] <- data.frame(kind = "hall-wellner", c = c / 2, a = ends[1], b = ends[2],
    chance = richardson(function(n) images(c / 2, ends[1], ends[2], n), 200))
}

write_numbers <- function(parts, file) {
  frame <- if (is.data.frame(parts)) parts else do.call(rbind, parts)
  for (name in names(frame)) if (is.double(frame[[name]])) frame[[name]] <- ifelse(
    is.na(frame[[name]]), "", formatC(frame[[name]], digits = 15, format = "g", width = 1))
  write.csv(frame, file, row.names = FALSE, quote = FALSE, na = "")
}
for (name in c("weighted", "robust", "log_rank", "trend", "means", "fixed_time", "one_sample", "bands", "critical", "exact"))
  write_numbers(get(name), paste0(name, ".csv"))
writeLines(c(R.version.string, paste("survival", packageVersion("survival")), paste("km.ci", packageVersion("km.ci"))), "versions.txt")
