using System.Runtime.InteropServices;
using Edge.Core.Errors;
using Edge.Imaging;
using Edge.Imaging.Codecs.Elscint;
using Xunit;

namespace Edge.Unit.Tests.Imaging.Codecs;

public sealed class ElscintRleTests
{
    [Theory]
    [InlineData("01FF05", new ushort[] { 1, 0, 5 })]
    [InlineData("A50201", new ushort[] { 1, 2, 3 })]
    [InlineData("5A341201FF", new ushort[] { 0x1234, 0x1235, 0x1234 })]
    [InlineData("FF", new ushort[] { 0xffff })]
    [InlineData("5AA501A5", new ushort[] { 0xa5a5 })] // both bytes of a sample from a run
    [InlineData("A5005A0201A5FF00", new ushort[] { 0x0102, 0x0102 })] // more of a run than there are samples
    [InlineData("", new ushort[0])]
    public void RunsAndDifferencesAreUndone(string coded, ushort[] expected) =>
        Assert.Equal(expected, MemoryMarshal.Cast<byte, ushort>(ElscintRleDecoder.Decode(Convert.FromHexString(coded), expected.Length)).ToArray());

    [Theory]
    [InlineData("0101", 3)]
    [InlineData("5A01", 1)]
    [InlineData("A5FF", 1)]
    [InlineData("A5FF00", 257)]
    [InlineData("01", int.MaxValue)]
    public void WhatEndsEarlyIsRefused(string coded, int samples) =>
        Assert.Equal(ErrorCode.CorruptedFile, Assert.Throws<ImageException>(() => ElscintRleDecoder.Decode(Convert.FromHexString(coded), samples)).Code);
}
