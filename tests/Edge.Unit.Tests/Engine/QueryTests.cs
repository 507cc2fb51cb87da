using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Dicom.Tags;
using Edge.Engine.Query;
using Edge.Engine.Runtime;
using Edge.Engine.Stability;
using Xunit;

namespace Edge.Unit.Tests.Engine;

public sealed class QueryTests
{
    [Theory]
    [InlineData("SMITH*", "SMITH^JOHN", true)]
    [InlineData("smith*", "SMITH^JOHN", true)]
    [InlineData("SM?TH^JOHN", "SMITH^JOHN", true)]
    [InlineData("*JOHN", "SMITH^JOHNNY", false)]
    [InlineData("SMITH^JOHN", "SMITH^JOHN", true)]
    [InlineData("SMITH\\DOE^*", "DOE^JANE", false)] // no wildcards inside lists
    [InlineData("SMITH\\DOE", "doe", true)]
    [InlineData("*", "", true)]
    public void NamesMatch(string query, string value, bool expected) =>
        Assert.Equal(expected, TextConstraint.Parse(DicomTags.PatientName, Vr.PN, query, caseSensitive: false)!.Matches(value));

    [Theory]
    [InlineData("20200101-20201231", "20200615", true)]
    [InlineData("20200101-20201231", "20210101", false)]
    [InlineData("20200101-", "20991231", true)]
    [InlineData("-20200101", "20200101", true)]
    [InlineData("-20200101", "20200102", false)]
    public void DatesMatchRanges(string query, string value, bool expected) =>
        Assert.Equal(expected, TextConstraint.Parse(DicomTags.StudyDate, Vr.DA, query, caseSensitive: false)!.Matches(value));

    [Fact]
    public void AnEmptyValueIsNoConditionAndAWildcardInADateIsAnError()
    {
        Assert.Null(TextConstraint.Parse(DicomTags.StudyDate, Vr.DA, "", caseSensitive: false));
        EdgeException failure = Assert.Throws<EdgeException>(() => TextConstraint.Parse(DicomTags.StudyDate, Vr.DA, "2020*", caseSensitive: false));
        Assert.Equal(ErrorCode.ParameterOutOfRange, failure.Code);
    }

    [Theory]
    [InlineData(null, "Unknown", "1", "2")]
    [InlineData("2", "Complete", "1", "2")]
    [InlineData("2", "Missing", "1")]
    [InlineData("2", "Missing", "1", null)]
    [InlineData("2", "Inconsistent", "1", "1")]
    [InlineData("2", "Inconsistent", "0", "1")]
    [InlineData("2", "Inconsistent", "3")]
    [InlineData("2", "Unknown", "x")]
    public void TheStatusOfASeriesFollowsFromItsNumbers(string? expected, string status, params string?[] indexes) =>
        Assert.Equal(status, SeriesStatus.Of(expected, indexes));

    [Fact]
    public void TransferSyntaxesAreAcceptedByPattern()
    {
        AcceptedTransferSyntaxes all = new(["1.2.840.10008.1.*"]);
        Assert.True(all.Contains("1.2.840.10008.1.2.4.90"));
        AcceptedTransferSyntaxes jpeg = new(["1.2.840.10008.1.2.4.5?", "nothing"]);
        Assert.True(jpeg.Contains("1.2.840.10008.1.2.4.50"));
        Assert.False(jpeg.Contains("1.2.840.10008.1.2.4.70"));
        Assert.False(jpeg.Contains("1.2.840.10008.1.2"));
        Assert.Empty(new AcceptedTransferSyntaxes([]).Uids);
    }

    [Fact]
    public void AResourceIsStableWhenNothingArrivedForItsAge()
    {
        StabilityMonitor monitor = new(TimeSpan.FromSeconds(10), static _ => ValueTask.CompletedTask);
        monitor.Touch(ResourceLevel.Series, "series");
        monitor.Touch(ResourceLevel.Study, "study");
        monitor.Touch(ResourceLevel.Patient, "patient");
        monitor.Touch(ResourceLevel.Patient, "gone");
        monitor.Forget("gone");
        Assert.False(monitor.IsStable("study"));
        long now = System.Diagnostics.Stopwatch.GetTimestamp();
        Assert.Empty(monitor.TakeStable(now));
        IReadOnlyList<StableResource> stable = monitor.TakeStable(now + (11 * System.Diagnostics.Stopwatch.Frequency));
        Assert.Equal(["series", "study", "patient"], stable.Select(resource => resource.PublicId));
        Assert.True(monitor.IsStable("study"));
    }

    [Fact]
    public async Task WhatCannotBeAnnouncedIsAnnouncedLater()
    {
        int tries = 0;
        TaskCompletionSource<string> announced = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using StabilityMonitor monitor = new(TimeSpan.FromMilliseconds(1), stable =>
        {
            if (++tries == 1)
            {
                throw new EdgeException(ErrorCode.FullStorage, "full");
            }

            announced.SetResult(stable[0].PublicId);
            return ValueTask.CompletedTask;
        });
        monitor.Touch(ResourceLevel.Series, "series");
        monitor.Start();
        Assert.Equal("series", await announced.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
    }
}
