# Makes the numbers that tests/test_rates.py compares with.
# Run in this folder: Rscript make_goldens.R
# Writes rate.csv, ratio.csv, share.csv, odds_ratio.csv, within_data.csv, within.csv and versions.txt. The tests
# read these files and need no R.
suppressMessages(library(survival))
options(digits = 15)
write_numbers <- function(frame, file) {
  for (name in names(frame)) if (is.double(frame[[name]])) frame[[name]] <- ifelse(
    is.na(frame[[name]]), "", formatC(frame[[name]], digits = 15, format = "g", width = 1))
  write.csv(frame, file, row.names = FALSE, quote = FALSE, na = "")
}

# ---- exact rates and ratios: poisson.test; shares: binom.test; odds: fisher.test ---------------------
rate <- do.call(rbind, lapply(list(c(0, 12.5), c(1, 3), c(7, 40.25), c(657, 639.2)), function(x) {
  t <- poisson.test(x[1], x[2])
  data.frame(events = x[1], time = x[2], value = unname(t$estimate), lower = t$conf.int[1], upper = t$conf.int[2])
}))
write_numbers(rate, "rate.csv")
ratio <- do.call(rbind, lapply(list(c(5, 10, 2, 20), c(1, 3, 1, 8), c(22, 639, 3, 489), c(0, 10, 4, 12),
                                    c(4, 12, 0, 10), c(11, 800, 6, 23.017)), function(x) {
  t <- poisson.test(c(x[1], x[3]), c(x[2], x[4]))
  data.frame(a = x[1], s = x[2], b = x[3], t = x[4], value = unname(t$estimate), lower = t$conf.int[1],
             upper = t$conf.int[2], p = t$p.value)
}))
write_numbers(ratio, "ratio.csv")
share <- do.call(rbind, lapply(list(c(0, 7), c(3, 7), c(13, 25), c(41, 41)), function(x) {
  t <- binom.test(x[1], x[2], 0.4853)
  data.frame(n = x[1], of = x[2], value = unname(t$estimate), lower = t$conf.int[1], upper = t$conf.int[2], p = t$p.value)
}))
write_numbers(share, "share.csv")
t <- fisher.test(matrix(c(13, 8, 10, 15), 2))
write_numbers(data.frame(a = 13, b = 10, c = 8, d = 15, value = unname(t$estimate), lower = t$conf.int[1],
                         upper = t$conf.int[2], p = t$p.value), "odds_ratio.csv")

# ---- within children: Poisson with one term per child; for one event a child also clogit ---------------
set.seed(1975)
rows <- list()
for (i in 1:60) {
  bands <- sample(2:4, 1)
  days <- sample(5:400, 2 * bands, replace = TRUE)
  state <- rep(c(1, 0), each = bands)
  age <- rep(seq_len(bands), 2)
  rows[[i]] <- data.frame(case = "several", child = i, state, age, days,
    events = rpois(2 * bands, exp(rnorm(1, -5.2, 0.7) + 1.2 * state - 0.2 * age) * days))
}
# rows with equal counts in unequal times: what statsmodels' ConditionalPoisson leaves out
rows[[61]] <- data.frame(case = "several", child = 61, state = c(1, 0), age = c(1, 1), days = c(10, 300), events = c(1, 1))
rows[[62]] <- data.frame(case = "several", child = 62, state = c(1, 0), age = c(2, 2), days = c(20, 400), events = c(2, 2))
several <- do.call(rbind, rows)
rows <- list()
for (i in 1:150) {
  exposed <- runif(1) < 0.7
  state <- if (exposed) c(0, 1, 0, 0) else c(0, 0)
  age <- if (exposed) c(1, 1, 1, 2) else c(1, 2)
  days <- if (exposed) c(sample(20:200, 1), 42, sample(20:200, 1), sample(100:900, 1)) else sample(100:500, 2)
  expected <- exp(0.9 * state - 0.8 * (age == 2)) * days
  events <- rmultinom(1, 1, expected)[, 1]
  rows[[i]] <- data.frame(case = "once", child = i, state, age, days, events)
}
once <- do.call(rbind, rows)
once <- aggregate(cbind(days, events) ~ case + child + state + age, once, sum)
once <- once[order(once$child, once$age, once$state), ]
data <- rbind(several, once)
write.csv(data, "within_data.csv", row.names = FALSE, quote = FALSE)

within <- list()
for (case in c("several", "once")) {
  d <- data[data$case == case, ]
  d <- d[d$child %in% names(which(tapply(d$events, d$child, sum) > 0)), ]
  fit <- glm(events ~ state + factor(age) + factor(child) + offset(log(days)), poisson, d,
             control = glm.control(epsilon = 1e-14, maxit = 200))
  k <- length(unique(d$age))
  b <- coef(fit)[2:(k + 1)]
  # the spread of the children's scores around the conditional information
  x <- model.matrix(~ state + factor(age), d)[, -1]
  mu <- fitted(fit)
  total <- ave(d$events, d$child, FUN = sum)
  means <- apply(x, 2, function(column) ave(column * mu, d$child, FUN = sum) / total)
  information <- t(x - means) %*% (mu * (x - means))
  scores <- rowsum((d$events - mu) * x, d$child)
  covariance <- solve(information)
  robust <- covariance %*% t(scores) %*% scores %*% covariance
  within[[length(within) + 1]] <- data.frame(case, source = "glm", term = names(b), value = b,
    error = summary(fit)$coefficients[2:(k + 1), 2], robust_error = sqrt(diag(robust)))
}
# the same once more: a row of so many days is so many candidates for the one event, with an offset
d <- once
fit <- clogit(events ~ state + factor(age) + offset(log(days)) + strata(child), d,
              control = coxph.control(eps = 1e-12, iter.max = 100))
within[[3]] <- data.frame(case = "once", source = "clogit", term = names(coef(fit)), value = coef(fit),
  error = sqrt(diag(vcov(fit))), robust_error = NA_real_)
write_numbers(do.call(rbind, within), "within.csv")
writeLines(c(R.version.string, paste("survival", packageVersion("survival"))), "versions.txt")
