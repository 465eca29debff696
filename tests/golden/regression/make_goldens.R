# Makes the numbers that tests/test_cox.py and tests/test_accelerated_failure.py compare with.
# Run in this folder: Rscript make_goldens.R
# Data: data sets that R's survival ships, as whole days (or whatever unit they have), named <set>.csv; `coarse` is
# simulated with a seed. Writes the data, cox_case.csv, cox.csv, cox_test.csv, zph.csv, cox_curve.csv, pooled.csv,
# aft_case.csv, aft.csv, aft_curve.csv, and versions.txt. The tests read these files and need no R.
suppressMessages({library(survival); library(mitools)})
options(digits = 15, contrasts = c("contr.treatment", "contr.poly"))

# ---- data ----------------------------------------------------------------------------------------
frame <- function(id, exit, resolved, ..., entry = 0) {
  d <- data.frame(patient_id = paste0("c", id), entry_days = entry, exit_days = exit,
                  is_resolved = as.integer(resolved), ..., stringsAsFactors = FALSE)
  stopifnot(all(d$entry_days < d$exit_days), all(d$exit_days == round(d$exit_days)))
  d
}
sets <- list()
l <- lung[complete.cases(lung[, c("age", "sex", "ph.ecog", "ph.karno", "wt.loss")]), ]
sets$lung <- frame(seq_len(nrow(l)), l$time, l$status == 2, age = l$age, sex = ifelse(l$sex == 1, "male", "female"),
                   ph_ecog = l$ph.ecog, ph_karno = l$ph.karno, wt_loss = l$wt.loss,
                   nearly_age = l$age + 0.001 * (seq_len(nrow(l)) %% 7))
v <- veteran
sets$veteran <- frame(seq_len(nrow(v)), v$time, v$status, trt = ifelse(v$trt == 1, "standard", "test"),
                      celltype = as.character(v$celltype), karno = v$karno, age = v$age, diagtime = v$diagtime,
                      prior = ifelse(v$prior == 10, "yes", "no"))
o <- ovarian
sets$ovarian <- frame(seq_len(nrow(o)), o$futime, o$fustat, age = o$age, rx = paste0("rx", o$rx),
                      resid = paste0("r", o$resid.ds), ecog = o$ecog.ps)
k <- kidney
sets$kidney <- frame(k$id, k$time, k$status, age = k$age, sex = ifelse(k$sex == 1, "male", "female"),
                     disease = as.character(k$disease), frail = k$frail)
h <- heart   # half days occur, so time is doubled
sets$heart <- frame(h$id, 2 * h$stop, h$event, age = h$age, year = h$year, surgery = paste0("s", h$surgery),
                    transplant = paste0("t", h$transplant), entry = 2 * h$start)
p <- pbc[complete.cases(pbc[, c("age", "edema", "bili", "albumin", "protime", "sex", "stage")]), ]
sets$pbc <- frame(p$id, p$time, p$status == 2, age = p$age, edema = paste0("e", p$edema), log_bili = log(p$bili),
                  albumin = p$albumin, protime = p$protime, sex = as.character(p$sex), stage = paste0("g", p$stage))
b <- bladder2
sets$bladder <- frame(b$id, b$stop, b$event, rx = paste0("rx", b$rx), number = b$number, size = b$size,
                      enum = paste0("n", b$enum), entry = b$start)
sets$bladder <- sets$bladder[sets$bladder$entry_days < sets$bladder$exit_days, ]
w <- bladder[bladder$stop > 0, ]
sets$wei <- frame(w$id, w$stop, w$event, rx = paste0("rx", w$rx), number = w$number, size = w$size,
                  enum = paste0("n", w$enum))
c2 <- colon[complete.cases(colon[, c("nodes", "differ")]), ]
sets$colon <- frame(c2$id, c2$time, c2$status, rx = as.character(c2$rx), sex = paste0("x", c2$sex), age = c2$age,
                    obstruct = paste0("o", c2$obstruct), nodes = c2$nodes, etype = paste0("e", c2$etype))
sets$colon_death <- sets$colon[sets$colon$etype == "e2", ]
g <- cgd
sets$cgd <- frame(g$id, g$tstop, g$status, treat = as.character(g$treat), age = g$age, inherit = as.character(g$inherit),
                  steroids = paste0("s", g$steroids), enum = pmin(g$enum, 3), entry = g$tstart)
sets$cgd$enum <- paste0("n", sets$cgd$enum)
r <- rats
sets$rats <- frame(r$litter, r$time, r$status, rx = paste0("rx", r$rx), sex = as.character(r$sex))
set.seed(1972)
n <- 300
x <- round(rnorm(n), 2)
group <- sample(c("a", "b", "c"), n, replace = TRUE, prob = c(0.5, 0.3, 0.2))
site <- sample(c("north", "south"), n, replace = TRUE)
true <- ceiling(rexp(n, exp(0.4 * x - 0.5 * (group == "b")) / 8))
entered <- sample(0:6, n, replace = TRUE) * (runif(n) < 0.6)
last <- sample(3:30, n, replace = TRUE)
co <- frame(rep(seq_len(n / 3), 3), pmin(true, last) + 100 * (pmin(true, last) <= entered), true <= last,
            x = x, group = group, site = site, entry = entered)
sets$coarse <- co[co$exit_days < 100, ]

most_frequent <- function(x) { n <- table(x); names(n)[n == max(n)][1] }   # names are sorted, so the first of equals
as_model <- function(d) {
  for (name in setdiff(names(d), c("patient_id"))) if (is.character(d[[name]]))
    d[[name]] <- relevel(factor(d[[name]]), ref = most_frequent(d[[name]]))
  d
}
text <- function(x) ifelse(is.na(x), "", formatC(x, digits = 17, format = "g", width = 1))
save <- function(d, file) {
  for (name in names(d)) if (is.double(d[[name]])) d[[name]] <- text(d[[name]])
  write.csv(d, file, row.names = FALSE, quote = FALSE, na = "")
}
for (name in names(sets)) save(sets[[name]], paste0(name, ".csv"))

# ---- Cox -----------------------------------------------------------------------------------------
case <- function(name, set, covariates, strata = NA, ties = "efron", cluster = FALSE)
  list(name = name, set = set, covariates = covariates, strata = strata, ties = ties, cluster = cluster)
cases <- list(
  case("lung", "lung", c("age", "sex", "ph_ecog")),
  case("lung_breslow", "lung", c("age", "sex", "ph_ecog"), ties = "breslow"),
  case("lung_strata", "lung", c("age", "ph_karno", "wt_loss"), strata = "sex"),
  case("lung_one", "lung", "sex"),
  case("lung_near_collinear", "lung", c("age", "nearly_age", "sex")),
  case("veteran", "veteran", c("trt", "celltype", "karno", "age", "diagtime", "prior")),
  case("veteran_breslow", "veteran", c("trt", "celltype", "karno"), ties = "breslow"),
  case("veteran_strata", "veteran", c("trt", "karno"), strata = "celltype"),
  case("ovarian", "ovarian", c("age", "rx", "resid")),
  case("kidney", "kidney", c("age", "sex", "disease"), cluster = TRUE),
  case("kidney_breslow", "kidney", c("age", "sex"), ties = "breslow", cluster = TRUE),
  case("heart", "heart", c("age", "year", "surgery", "transplant")),
  case("heart_breslow", "heart", c("age", "year", "surgery", "transplant"), ties = "breslow"),
  case("heart_strata", "heart", c("age", "year", "transplant"), strata = "surgery"),
  case("heart_cluster", "heart", c("age", "year", "surgery", "transplant"), cluster = TRUE),
  case("pbc", "pbc", c("age", "edema", "log_bili", "albumin", "protime")),
  case("pbc_breslow_strata", "pbc", c("age", "stage", "log_bili"), strata = "sex", ties = "breslow"),
  case("bladder", "bladder", c("rx", "number", "size"), cluster = TRUE),
  case("bladder_strata", "bladder", c("rx", "number", "size"), strata = "enum", cluster = TRUE),
  case("bladder_breslow", "bladder", c("rx", "number", "size"), strata = "enum", ties = "breslow", cluster = TRUE),
  case("wei", "wei", c("rx", "number", "size"), strata = "enum", cluster = TRUE),
  case("colon_death", "colon_death", c("rx", "sex", "age", "obstruct", "nodes")),
  case("colon", "colon", c("rx", "sex", "nodes"), strata = "etype", cluster = TRUE),
  case("cgd", "cgd", c("treat", "age", "inherit", "steroids"), cluster = TRUE),
  case("cgd_strata", "cgd", c("treat", "age"), strata = "enum", cluster = TRUE),
  case("rats", "rats", c("rx", "sex"), cluster = TRUE),
  case("coarse", "coarse", c("x", "group")),
  case("coarse_breslow", "coarse", c("x", "group"), ties = "breslow"),
  case("coarse_strata_cluster", "coarse", c("x", "group"), strata = "site", cluster = TRUE),
  case("coarse_breslow_cluster", "coarse", c("x", "group"), strata = "site", ties = "breslow", cluster = TRUE))

response <- function(d) if (any(d$entry_days > 0)) "Surv(entry_days, exit_days, is_resolved)" else "Surv(exit_days, is_resolved)"
formula_of <- function(k, d, cluster = k$cluster) as.formula(paste(
  response(d), "~", paste(k$covariates, collapse = " + "),
  if (!is.na(k$strata)) paste0("+ strata(", k$strata, ")"), if (cluster) "+ cluster(patient_id)"))
control <- coxph.control(eps = 1e-12, toler.chol = 1e-13, iter.max = 50)
terms_of <- function(d, covariates) do.call(rbind, lapply(covariates, function(name) {
  if (is.factor(d[[name]])) data.frame(column = name, level = levels(d[[name]])[-1]) else data.frame(column = name, level = "")
}))
of_case <- cox <- cox_test <- zph <- curve <- list()
for (k in cases) {
  d <- as_model(sets[[k$set]])
  fit <- coxph(formula_of(k, d), data = d, ties = k$ties, control = control, model = TRUE)
  cat(k$name, fit$iter, "\n")
  of_case[[k$name]] <- data.frame(case = k$name, set = k$set, covariates = paste(k$covariates, collapse = " "),
                                  strata = k$strata, ties = k$ties, is_clustered = as.integer(k$cluster))
  naive <- if (k$cluster) fit$naive.var else fit$var
  cox[[k$name]] <- data.frame(case = k$name, terms_of(d, k$covariates), coefficient = unname(coef(fit)),
                              error = sqrt(diag(naive)), robust_error = if (k$cluster) sqrt(diag(fit$var)) else NA)
  cox_test[[k$name]] <- data.frame(case = k$name, at_zero = fit$loglik[1], at_maximum = fit$loglik[2],
                                   score = fit$score, wald = fit$wald.test)
  for (transform in c("km", "rank", "identity", "log")) {
    z <- cox.zph(fit, transform = transform)$table
    zph[[paste(k$name, transform)]] <- data.frame(case = k$name, transform, column = rownames(z),
                                                  statistic = z[, "chisq"], degrees_of_freedom = z[, "df"], p = z[, "p"])
  }
  rows <- c(1, 20)
  for (row in rows) {
    s <- survfit(fit, newdata = d[row, ])
    keep <- s$n.event > 0
    curve[[paste(k$name, row)]] <- data.frame(case = k$name, row = row, days = s$time[keep], unresolved = s$surv[keep],
                                              error = s$std.err[keep], lower = s$lower[keep], upper = s$upper[keep])
  }
}
save(do.call(rbind, of_case), "cox_case.csv")
save(do.call(rbind, cox), "cox.csv")
save(do.call(rbind, cox_test), "cox_test.csv")
save(do.call(rbind, zph), "zph.csv")
thin <- function(d) d[unique(round(seq(1, nrow(d), length.out = min(nrow(d), 8)))), ]
save(do.call(rbind, lapply(curve, thin)), "cox_curve.csv")

# ---- Rubin's rules: draws of unknown ages from a normal law, each with a fit of its own ----------
set.seed(1987)
d <- as_model(sets$lung)
unknown <- sample(nrow(d), 60)
fits <- lapply(1:6, function(draw) {
  d$age[unknown] <- rnorm(60, mean(d$age[-unknown]), sd(d$age[-unknown]))
  coxph(Surv(exit_days, is_resolved) ~ age + sex, data = d, control = control)
})
together <- MIcombine(lapply(fits, coef), lapply(fits, function(f) diag(diag(vcov(f)))))
of_draw <- function(draw, b, v, freedom = NA) data.frame(draw, coefficient = unname(b), variance = unname(v), freedom)
save(rbind(do.call(rbind, lapply(1:6, function(i) of_draw(i, coef(fits[[i]]), diag(vcov(fits[[i]]))))),
           of_draw(NA, coef(together), diag(vcov(together)), together$df)), "pooled.csv")

# ---- accelerated failure time --------------------------------------------------------------------
# Visits of our making on the times of data sets: seen every 20 to 90 days, so that resolution lies in (lower, upper].
on_visits <- function(d, unit = 1) {
  width <- unit * (20 + 10 * (seq_len(nrow(d)) %% 8))
  d$lower_days <- ifelse(d$is_resolved == 1, width * (ceiling(d$exit_days / width) - 1), d$exit_days)
  d$upper_days <- ifelse(d$is_resolved == 1, d$lower_days + width, NA)
  d
}
visits <- list(lung_visits = on_visits(sets$lung), pbc_visits = on_visits(sets$pbc, 4),
               veteran_visits = on_visits(sets$veteran), ovarian_visits = on_visits(sets$ovarian))
e <- on_visits(sets$lung)
e$entry_days <- (seq_len(nrow(e)) %% 5) * 12
e <- e[e$entry_days < e$exit_days & (is.na(e$upper_days) | e$upper_days > pmax(e$lower_days, e$entry_days)), ]
e$lower_days <- pmax(e$lower_days, e$entry_days)
visits$entry_visits <- e
for (name in names(visits)) save(visits[[name]], paste0(name, ".csv"))
all_sets <- c(sets, visits)
aft_case_of <- function(set, reading, covariates = character(), cluster = FALSE)
  list(set = set, reading = reading, covariates = covariates, cluster = cluster)
aft_cases <- list(
  aft_case_of("lung", "exact", c("age", "sex", "ph_ecog")),
  aft_case_of("veteran", "exact", c("trt", "celltype", "karno")),
  aft_case_of("ovarian", "exact", c("age", "rx")),
  aft_case_of("kidney", "exact", c("age", "sex"), cluster = TRUE),
  aft_case_of("rats", "exact", "rx", cluster = TRUE),
  aft_case_of("lung", "exact"),
  aft_case_of("lung_visits", "interval", c("age", "sex", "ph_ecog")),
  aft_case_of("lung_visits", "interval"),
  aft_case_of("pbc_visits", "interval", c("age", "edema", "log_bili", "albumin")),
  aft_case_of("veteran_visits", "interval", c("trt", "celltype", "karno")),
  aft_case_of("ovarian_visits", "interval", "age"))
laws <- c(exponential = "exponential", weibull = "weibull", log_normal = "lognormal", log_logistic = "loglogistic")
aft_case <- aft <- aft_curve <- list()
shares <- c(0.25, 0.5, 0.75)
keep_aft <- function(name, k, law, engine, log_likelihood, d) {
  aft_case[[name]] <<- data.frame(case = name, set = k$set, reading = k$reading, covariates = paste(k$covariates, collapse = " "),
                                  law, engine, is_clustered = as.integer(k$cluster), log_likelihood)
}
for (k in aft_cases) for (law in names(laws)) {
  d <- as_model(all_sets[[k$set]])
  name <- paste(k$set, k$reading, length(k$covariates), law, sep = "-")
  left <- if (k$reading == "exact") "Surv(exit_days, is_resolved)" else
    "Surv(ifelse(lower_days == 0, NA, lower_days), upper_days, type = 'interval2')"
  right <- paste(c("1", k$covariates), collapse = " + ")
  if (k$cluster) right <- paste(right, "+ cluster(patient_id)")
  fit <- survreg(as.formula(paste(left, "~", right)), data = d, dist = laws[[law]],
                 control = survreg.control(rel.tolerance = 1e-14, maxiter = 200))
  cat(name, fit$iter, "\n")
  keep_aft(name, k, law, "survreg", fit$loglik[2], d)
  v <- if (k$cluster) fit$naive.var else fit$var
  has_scale <- law != "exponential"
  terms <- rbind(data.frame(column = "intercept", level = ""), if (length(k$covariates)) terms_of(d, k$covariates),
                 if (has_scale) data.frame(column = "log_scale", level = ""))
  aft[[name]] <- data.frame(case = name, terms, value = c(unname(coef(fit)), if (has_scale) log(fit$scale)),
                            error = sqrt(diag(v)), robust_error = if (k$cluster) sqrt(diag(fit$var)) else NA)
  for (row in c(1, 20)) {
    q <- predict(fit, newdata = d[row, ], type = "uquantile", p = shares, se.fit = TRUE)
    aft_curve[[paste(name, row)]] <- data.frame(case = name, row, share = shares, log_days = c(q$fit), error = c(q$se.fit))
  }
}
# Delayed entry and the generalised gamma (Prentice 1974): survreg has neither, so the likelihood is written here from
# R's own laws of time, and its maximum found by Newton's steps.
law_of <- list(
  weibull = function(t, mu, s, q, upper) pweibull(t, 1 / s, exp(mu), lower.tail = !upper, log.p = TRUE),
  log_normal = function(t, mu, s, q, upper) plnorm(t, mu, s, lower.tail = !upper, log.p = TRUE),
  log_logistic = function(t, mu, s, q, upper) plogis(log(t), mu, s, lower.tail = !upper, log.p = TRUE),
  generalised_gamma = function(t, mu, s, q, upper) pgamma(exp(q * (log(t) - mu) / s) / q^2, 1 / q^2,
                                                         lower.tail = if (q > 0) !upper else upper, log.p = TRUE))
density_of <- list(
  weibull = function(t, mu, s, q) dweibull(t, 1 / s, exp(mu), log = TRUE),
  log_normal = function(t, mu, s, q) dlnorm(t, mu, s, log = TRUE),
  log_logistic = function(t, mu, s, q) dlogis(log(t), mu, s, log = TRUE) - log(t),
  generalised_gamma = function(t, mu, s, q) dgamma(exp(q * (log(t) - mu) / s) / q^2, 1 / q^2, log = TRUE) +
    log(abs(q) / s / q^2) + q * (log(t) - mu) / s - log(t))
minus_log_likelihood <- function(theta, d, x, law, reading) {
  p <- ncol(x); mu <- c(x %*% theta[1:p]); s <- exp(theta[p + 1]); q <- if (length(theta) > p + 1) theta[p + 2] else NA
  S <- function(t) ifelse(t > 0, law_of[[law]](pmax(t, 1e-300), mu, s, q, TRUE), 0)
  if (reading == "exact") l <- ifelse(d$is_resolved == 1, density_of[[law]](d$exit_days, mu, s, q), S(d$exit_days)) else {
    u <- ifelse(is.na(d$upper_days), 1, d$upper_days)
    l <- ifelse(is.na(d$upper_days), S(d$lower_days), S(d$lower_days) + log1p(-exp(S(u) - S(d$lower_days))))
  }
  -sum(l - S(d$entry_days))
}
slope <- function(f, theta, h = 1e-3) sapply(seq_along(theta), function(i) {
  at <- function(k) { t <- theta; t[i] <- t[i] + k * h; f(t) }
  (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * h)
})
newton_fit <- function(f, start) {
  theta <- optim(start, f, method = "BFGS", control = list(maxit = 1000, reltol = 1e-14))$par
  for (step in 1:8) {
    h <- sapply(seq_along(theta), function(i) { e <- replace(0 * theta, i, 1e-3)
      (8 * (slope(f, theta + e) - slope(f, theta - e)) - (slope(f, theta + 2 * e) - slope(f, theta - 2 * e))) / 12e-3 })
    theta <- theta - solve((h + t(h)) / 2, slope(f, theta))
  }
  list(theta = theta, error = sqrt(diag(solve((h + t(h)) / 2))), value = f(theta))
}
more_cases <- list(
  list(aft_case_of("entry_visits", "interval", c("age", "sex")), c("weibull", "log_normal", "log_logistic", "generalised_gamma")),
  list(aft_case_of("entry_visits", "exact", c("age", "sex")), c("weibull", "log_normal", "log_logistic", "generalised_gamma")),
  list(aft_case_of("lung", "exact", c("age", "sex", "ph_ecog")), "generalised_gamma"),
  list(aft_case_of("veteran", "exact", c("trt", "karno")), "generalised_gamma"),
  list(aft_case_of("ovarian", "exact", "age"), "generalised_gamma"),
  list(aft_case_of("lung_visits", "interval", c("age", "sex", "ph_ecog")), "generalised_gamma"),
  list(aft_case_of("pbc_visits", "interval", c("age", "edema", "log_bili", "albumin")), "generalised_gamma"),
  list(aft_case_of("veteran_visits", "interval", c("trt", "karno")), "generalised_gamma"))
for (pair in more_cases) for (law in pair[[2]]) {
  k <- pair[[1]]
  d <- as_model(all_sets[[k$set]])
  name <- paste(k$set, k$reading, length(k$covariates), law, "entry", sep = "-")
  x <- model.matrix(as.formula(paste("~", paste(k$covariates, collapse = " + "))), d)
  numbers <- which(!colnames(x) %in% "(Intercept)")
  centre <- colMeans(x[, numbers, drop = FALSE]); spread <- apply(x[, numbers, drop = FALSE], 2, sd)
  z <- x; z[, numbers] <- sweep(sweep(x[, numbers, drop = FALSE], 2, centre), 2, spread, "/")
  start <- c(mean(log(d$exit_days)) + 0.3, rep(0, length(numbers)), log(0.7), if (law == "generalised_gamma") 0.6)
  fit <- newton_fit(function(theta) minus_log_likelihood(theta, d, z, law, k$reading), start)
  b <- fit$theta[1 + seq_along(numbers)] / spread
  keep_aft(name, k, law, "likelihood in R", -fit$value, d)
  terms <- rbind(data.frame(column = "intercept", level = ""), terms_of(d, k$covariates), data.frame(column = "log_scale", level = ""),
                 if (law == "generalised_gamma") data.frame(column = "shape", level = ""))
  error <- fit$error; error[1] <- NA; error[1 + seq_along(numbers)] <- error[1 + seq_along(numbers)] / spread
  value <- fit$theta; value[1] <- value[1] - sum(b * centre); value[1 + seq_along(numbers)] <- b
  cat(name, format(max(abs(slope(function(theta) minus_log_likelihood(theta, d, z, law, k$reading), fit$theta))), digits = 2), "\n")
  aft[[name]] <- data.frame(case = name, terms, value, error, robust_error = NA)
}
save(do.call(rbind, aft_case), "aft_case.csv")
save(do.call(rbind, aft), "aft.csv")
save(do.call(rbind, aft_curve), "aft_curve.csv")

writeLines(c(R.version.string, paste("survival", packageVersion("survival")), paste("mitools", packageVersion("mitools"))),
           "versions.txt")
